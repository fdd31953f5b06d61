"""Rows by the column: records that fit what is known go into the tables as Arrow.

dlt normalizes record by record, value by value. Where a table and its columns are known already,
a chunk of records that fits them needs none of that; where it does not fit, dlt does what it does.

handover      pages on their way from the step that reads them to the step that normalizes them
normalizer    dlt's normalizer of records, which lets those that fit pass by the column
flat          records as columns: of objects in them, and lists in them apart
columns       one table's: plain records as Arrow, any other as the values that they are
arrays        one column, of the type that the table has
tables        the rows of a root table and of those nested in it, linked as dlt links them
writer        files of one table that take records and Arrow tables, in any order
file_writer   which of these a destination takes
copy_text     rows as PostgreSQL's COPY takes them
copy_job      loading them
row_by_row    records that do not go by the column: how many of each table, and why
"""
