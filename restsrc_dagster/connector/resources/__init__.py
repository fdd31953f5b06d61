"""The resources of a configuration.

resource        one, with `resource_defaults` merged in
resources       all of them: parents and children, dispositions, what hangs on what
reading         how one is read, where dlt's schema has no word for it
columns         hints of columns
needs           fields that are needed after the processing steps
sharing         resources that write into one table
chunking        which may be committed while they are still being read
ranges          which may be read again for a range of their cursor
partitions      the periods by which Dagster shows and fills a list
"""
