"""The resources of a configuration.

resource        one, with `resource_defaults` merged in
values          lists of values, which are parents that nobody requests
ancestry        whose records a resource is read by, among all that it binds
graph           parents, their children, and lists of values among them
resources       all of them: dispositions, what is loaded with what, what children get
parents         whether what one binds can be its parents
format          in which format answers are, and how they are packed
reading         how one is read, where dlt's schema has no word for it
window          a range that is read in slices
unverified      lists of which nobody can tell whether they have moved
ends            an `end_param` that no request would send
jobs            which of them create what others wait for
deletes         what becomes of the rows of what is deleted
columns         hints of columns
needs           fields that are needed after the processing steps
sharing         resources that write into one table
chunking        which may be committed while they are still being read
ranges          which may be read again for a range of their cursor
partitions      the periods by which Dagster shows and fills a list
"""
