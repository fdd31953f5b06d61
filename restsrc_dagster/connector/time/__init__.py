"""Cursors that are times.

instants        points in time as APIs write them, as exact numbers
conversion      the formats that `convert` names
iso             texts of ISO 8601
spelling        an instant, written as another value is
span            lengths of time, such as 31 days
lag             how far back a run begins again
"""
