"""Rows by the column: records that fit what is known go into the tables as Arrow.

dlt normalizes record by record, value by value. Where a table and its columns are known already,
a chunk of records that fits them needs none of that; where it does not fit, dlt does what it does.
"""
