"""Cursors that are times.

instants        points in time as APIs write them, as exact numbers
conversion      the formats that `convert` names
lag             how far back a run begins again
"""
