"""Reading an API: from a connector's configuration to pages of records.

In the order in which a run meets it:

    source          the dlt source of a connector, built afresh for each run
    configuration   what dlt gets of it: Python where JSON cannot say it
    options         how one reading goes: which resources, how far, ahead or not
    assembly        our steps around those of dlt, resource by resource
    context         what these are made with; `parts` makes those that others ask
    step_order      in which order a page runs through them
    prefetch        requests that are sent before their turn
    auth            what signs it, for each kind of auth
    http            a request: budget, credentials, tries
    formats         from the bytes of an answer to its records
    response        what came back, read once
    paging          the page loop; what is no page, and what would lose or double rows
    read_windows    lists that are read in windows of a range
    parents         from the records of a parent to the requests of its children
    incremental     the cursor of a resource: what is new of its list
    chunks          ending a reading early, so that what was read can be committed
    records         steps, personal data, keys, values that no table can hold
    conform         the last look before dlt writes: records as their tables want them
    failures        from exceptions to one sentence; one resource does not stop the others
    stats           what was counted on the way, and the lines of `progress`

Beside a run: `sample` reads a few pages for `restsrc test`, `validation` asks dlt about a
configuration. A package imports those below it in `test_imports.py`, and none above.
"""
