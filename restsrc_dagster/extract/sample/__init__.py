"""Reading a little of an API beside all runs, for `restsrc test`.

sample    what was seen of one resource
watching  the steps that see it, and end the reading
outage    whether the API is down
read      reading it
"""
