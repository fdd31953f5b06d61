"""Everything that is used of dlt and is not its public interface, and nothing else.

    rest_api      what `rest_api_source` makes of a configuration, and who requests its pages

Whoever raises dlt's version reads this folder and `restsrc_dagster_tests/dlt_compat`, where each
name has a test that fails when dlt moves it.
"""
