"""What was there before a load.

pipeline_state  what a pipeline knows of its tables and resources
recovery        what a broken load left behind
refresh         a full refresh that survives being killed half-way
jobs            of what was created and not yet fetched
history         resources that came later than the cursor above them
value_lists     the values of lists, as they were when a resource was read
"""
