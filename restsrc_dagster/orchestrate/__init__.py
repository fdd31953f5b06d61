"""Connectors in Dagster: assets, jobs, schedules, sensors, checks.

As a code location is made:

    build           a folder becomes definitions; `loaded` reads it once for each process
    location        the definitions of one connector, and the sensors of all
    assets          one asset per resource: `specs`, as `translator` (`dlt_translator`) shows them
    storage         where the rows are, without secrets
    partitions      `selection`, `range_config`: what a run can be asked for
    schedules       slots by cron; `later_slots` are those behind the dates
    initial_run     the sensor of first runs; `files_sensor` and `alerts` are the other two
    one_run         definitions for a run: of its connectors alone

As a run goes:

    materialize     a load, and what is told of it: `metadata`, `checks`
    one_load        never two loads of a connector at once
    instance        what the Dagster instance lacks is told, once
    unfinished      what of a run that failed need not be loaded again

Where runs come from is Dagster's affair, or that of `forking`: a run launcher for one machine.

What is kept: `ledger` (which slots were requested), `memory` (of the sensors), `runs`. Names that
users and other programs rely on are in `names`, Dagster's private ones in `dagster_private`.
"""
