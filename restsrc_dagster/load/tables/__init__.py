"""What an edit of the file, or what the API gives, changes in the tables.

reset           which tables begin anew, as the file says otherwise than when they were made
edits           edits that would double rows, or pass some over
old_hints       hints that the tables have from another edition of the file
impossible      what the file says of a table that the destination cannot make
schema_changes  what a load changes
empty_columns   columns that no record has anything for, though some should
owners          tables of other connectors in the same dataset
unloadable      a resource whose rows cannot be loaded (`why_unloadable`: in words)
"""
