"""A generator of worlds, which looks for rows that are lost or doubled in silence.

A world is an API with its records, a connector's file, and a few runs with what happens between
and in them. It is drawn by hypothesis, played against the real thing, and held to two oracles:
the tables are what the documentation says, whatever happened on the way; and what must make no
difference (page size, concurrency, chunks, selections) makes none. A run is right, or it is red
with a reason, or it tells what it could not know.

    world       a world as a plain value: printed, read back, replayed
    drafts      what every world has             }
    features    what a few worlds have on top    }  drawn by `drawing`
    answers     what else an API may answer      }
    incidents   what happens to some runs        }
    honest      what no API can keep, and so is taken out of a world

    cursors     how APIs write times and numbers, and what that means
    shop        the records, and what may happen to them
    serving     the answers to one run, with what goes wrong (`pages`, `spelling`, `loopback`)
    file        the connector's file
    rules       what it says of answers
    stretches   the times of its partitions

    playing     run after run, in one way (`loading` or `deploying`, in a `laboratory`)
    meaning     what the tables are to hold after each run
    marks       which partitions may be shown as filled
    deleting    how deletions are told, and what rows have to show of it
    examining   what is wrong after a run (`finding`), with what `tolerance` allows
    judging     a whole world: right, refused, or wrong
    smaller     a wrong world, made smaller
    kinds       which kind of fault a wrong world shows
    hunting     world after world, in several `workers`, and what is printed of it (`printing`)

Play one again:  python -m restsrc_dagster_tests.worlds --replay SEED
Play thousands:  python -m restsrc_dagster_tests.soak --worlds 60 [--having partitions]
"""
