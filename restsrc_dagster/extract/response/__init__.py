"""What an API answered, before anybody knows what page it is.

body            read once: JSON, nothing at all, or something else
body_file       the bytes as they came: in memory, or in a file if they are many
sizes           how much of an answer is in memory at once
taken           what `response.json()` is: read at once, or in pieces
limits          how much of an answer is taken, and for how long
charset         in which encoding its text is
decode          JSON to Python
rules           what the file says of an answer: response_actions
not_ready       answers that are none yet
envelope        what stands beside the records
echo            what an answer only says because it was asked
links           addresses that an API names
clock           the API's own clock
url_redaction   an address as it may be shown
"""
