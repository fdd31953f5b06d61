"""Loading a connector: read it, normalize it, commit it to a destination.

In the order in which a run meets it:

    load            one load, from the order to the report
    environment     settings of dlt that hold while it goes on
    destinations    what there is to load to: what each can do, its lock, its credentials
    state           what the destination knows of the loads before; what a broken one left behind
    tables          what an edit, or the data, changes in the tables: refused, decided or told
    plan            what a load does, decided before it reads anything
    tokens          those of who reads without loading
    rehearsal       what a process that forks loads finds out for all of them
    planning        the plan of the next load, beside whatever is going
    inspection      whether a destination can be loaded into, without writing to it
    ranges          a range of a list that is read again
    jobs            what a load creates before it waits for it
    passes          one pass over the API: `extraction` into a load package
    rows            what of the extracted rows stays
    columns         plain records go into the tables as Arrow
    commit          committing to a destination that may be away for a while
    progress        how far a load is
    reports         making the `report` of what was loaded
"""
