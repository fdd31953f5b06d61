"""What of the rows of a load stays, seen when all of it is read.

extracted_rows      the rows of one table as dlt has extracted them
versions            records with one primary key
comparable          values of the API as columns hold them
stale_children      the children of parents that have none any more
partial_families    children whose family was left in the middle
alive               rows that are not marked as deleted
listed              when the lists that say what is missing were last read whole
deleted             rows whose records the API has deleted
slipped_pages       what may have slipped from one numbered page to another
"""
