"""Everything that is used of dlt and is not its public interface, and nothing else.

    rest_api      what `rest_api_source` makes of a configuration, and who requests its pages
    auth_types    what is taken for the configuration of an auth
    rest_client   how URLs are joined, and where records are looked for in an answer
    paginators    where a list goes on, and whether it does
    incremental   the state of a bound cursor, and its pipe
    pipe          the steps of a resource
    extractor     the hints that records get
    normalizer    records by the row: what is overridden, and where it is put in
    relational    the tables of nested records
    schemas       the storage of schemas, which makes each once
    writers       files of records and of tables
    packages      the folders of load packages
    postgres      the job that loads a file of CSV
    type_hints    what a type says of a field of its configuration, found once
    collector     what is counted in a step
    replaced      how anything is put in the place of something of dlt's

These modules are thin: they give names that have no underscore, and know nothing of this package.
Whoever raises dlt's version reads this folder and `restsrc_dagster_tests/dlt_compat`, where each
name has a test that fails when dlt moves it.
"""
