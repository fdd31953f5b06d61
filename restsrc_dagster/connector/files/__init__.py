"""A folder of connector files.

parse            from bytes to plain values, as strictly in YAML as in JSON
lines            on which line a problem lies
folder           which files are connectors, and what is wrong with the others
conflicts        connectors that would do each other harm
database         which one a connector writes to: two spellings of one are one
table_conflicts  connectors that would write into each other's tables
salvage          what can still be read of a file that is not in order
environment      a connector with what its file takes from the environment, as a run reads it
watch            what has become of files since they were loaded
"""
