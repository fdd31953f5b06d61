"""`restsrc test`: what the API really answers, and what a person reads of it.

read      a little of each resource
paging    its paginator, and whether there is more
records   the shape of its records, and their key
cursors   the cursor, and what a second run would send
verdict   whether all is well, and who has to do something
report    all of it, as text for people or JSON for machines
"""
