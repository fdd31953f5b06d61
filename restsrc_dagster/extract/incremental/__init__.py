"""The cursor of a resource: what is new of its list, and what is kept for the next run.

step            dlt's incremental step, in which the cursor is ours
cursor          the cursor of a resource: its range, and where reading begins
comparison      which of two values comes later
future_guard    values ahead of the API's clock, which no cursor follows
position        how far one list is read, and what is kept of it
boundary        the memory of the boundary: rows that were delivered there
convert         what becomes of a cursor's value where it is sent
cursor_text     cursors as what they mean: dlt compares texts letter by letter
cursor_order    how the values of one cursor compare
cursor_time     which cursors are times, and which values lie ahead of the API's clock
list_order      the order in which the API gives the records
older           records before the start that was sent, which are left out
delivered       which appended rows a run before had delivered
windows         the slices of a range
window_rows     rows that the windows of a list have brought
window_readings what the readings of a window hold that is read again
parent_cursors  a child's own cursor, for each parent its own
"""
