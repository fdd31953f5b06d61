"""When a connector runs.

schedule        what a person writes: every N days, hours or minutes, with an offset
slots           an anchor, a period, and the times that they make
cron            what Dagster is given: strings whose ticks are the slots
"""
