"""What an API answered, before anybody knows what page it is.

body            read once: JSON, nothing at all, or something else
decode          JSON to Python
rules           what the file says of an answer: response_actions
not_ready       answers that are none yet
envelope        what stands beside the records
echo            what an answer only says because it was asked
clock           the API's own clock
url_redaction   an address as it may be shown
"""
