"""Ending a reading early, where what was read can be committed and the rest read afterwards.

chunk           what is read of a list before it is committed
by_cursor       chunks of a list in the order of its cursor
by_window       chunks of a range that is read in windows
by_page         chunks of a list with numbered pages
by_parent       chunks of the lists of a child, between two parents
chunks          those of one load
"""
