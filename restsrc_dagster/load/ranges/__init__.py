"""A range of a list, read again; no cursor moves by it.

ranges          from one instant to another
replaced        into tables without a key
older           of a record that has a newer version, the table has that already
"""
