"""From the records of a parent to the requests of its children.

binding         the values of a record in the requests for its children
bonds           what a child takes of what it is asked by
lists           lists of values as parents
rewriting       the placeholders of an endpoint, one name for each kind of place
fan_out         each parent is asked once for its children, list by list
backlog         a list does not run far ahead of its children
current_page    of which parent the page at hand is
family          which pages are through, with all that is read for their records
childless       which parents were read again and have no children any more
"""
