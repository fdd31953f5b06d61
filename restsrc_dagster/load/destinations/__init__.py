"""Where a connector loads to.

destination      the dlt destination of a connector
profile          what is done otherwise than dlt does it, by kind
abilities        what it can do, as dlt says
readiness        what it still wants: credentials, or a package
own_table        a table of ours, of which dlt knows nothing
kept_jobs        jobs that are created while others are read
kept_tokens      refresh tokens that rotate, encrypted
permitted_place  where its rows go in the end, held to where files may name a place
private_files    files that a load makes are its user's
lock             one load of a connector at a time
lock_file        the file by which loads into one file of a database keep apart
open_file        a DuckDB file that is opened once for what follows at once
open_tables      tables of files that can be merged into (delta, iceberg)
mysql            texts of any length in MySQL and MariaDB
looking          looking into one without writing to it
working_folder   the folder that a load works in
"""
