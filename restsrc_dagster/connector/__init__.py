"""What a person writes: a connector file, checked, and nothing of Dagster, dlt or the network.

In the order in which a file is read:

    files           a folder of connector files: text to plain values, with their lines
    configuration   dlt's `rest_api_source` as pydantic models, and what is wrong with one
    check           what must be there before anything can be built from a configuration
    deferred        `${NAME}` where the models want a number, a list, or a text of a certain form
    model           what a connector is: the keys of its file; `http` is how its API is asked,
                    `file_texts` are its creation, owners and tags, `file_part` what objects share
    schedule        when it runs: slots, and the cron strings that have them
    resources       its resources as Dagster and the destination see them
    lint            what is valid, and will hurt later
    abilities       what destinations can do; `fitted` is a connector as its own can load it

What all of these use: `syntax` (the small languages inside a configuration), `time` (instants,
formats and lags of cursors), `naming`, `secrets` (also as `encodings` has them), `visible` (texts
of others in a line of ours), `page_size`, `wording`; and `schema` is the JSON Schema of a file, for
editors, `templated_schema` that of a `defs.yaml`.
"""
