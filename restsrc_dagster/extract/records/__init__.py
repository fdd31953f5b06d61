"""Records on their way from a page to a table, one after the other.

field           a field of a record, by dlt's path
expressions     JMESPath, as a run evaluates it
steps           the processing steps of a resource
masking         personal data, removed or hashed
sanitize        values that JSON can hold and a table cannot
tables          the tables that dlt will make of the records
bounds          how many they may be, how they may not be called
column_limit    how many columns a table may have
dedup           records of one load with the same primary key (`key_index`, `digests`, `rewind`)
parent_of_key   keys of a child that hang on another parent than before
listed          the keys of a list that is read for its children alone
shared_tables   rows of several resources in one table
transpose       records as columns
infer           what records look like: for `restsrc test`
meant           the field that was probably meant, where nothing is at a path
remedies        what a person writes into the configuration against a surprise
"""
