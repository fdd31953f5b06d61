"""`restsrc test`: what the API really answers, and what a person reads of it.

read      a little of each resource
paging    its paginator, and whether there is more
shape     the envelope of its records
records   what tells them apart
tables    what a load would make of them
cursors   the cursor, and what a second run would send
paste     all that is not in the file yet, in one piece
destination  whether rows can go where they are to go
verdict   whether all is well, and who has to do something
report    all of it, as text for people or JSON for machines
"""
