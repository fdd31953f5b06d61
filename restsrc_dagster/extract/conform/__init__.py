"""Records as their tables want them: made to fit, refused by name, or told.

conformer       the step with the last look at the records
column_hints    the hints of columns on their way to dlt
deleted         records that tell of deletions
required        columns that are never empty
type_fit        whether a column that has its type can hold a value
fitting         dlt's normalizer, for which no value is too much
trial           records as dlt would write them, tried out while they are read
seen_tables     the tables that a load would make of them: for `restsrc test`
contract        a frozen `schema_contract`, held to while the records are read
"""
