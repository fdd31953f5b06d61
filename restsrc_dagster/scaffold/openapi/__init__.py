"""A first configuration from an OpenAPI document: what it says of an API, in dlt's words.

parse.py       the text                     auth.py       how requests prove who sends them
document.py    versions, paths, $ref        records.py    where the list is, and its key
schema.py      one schema, put together     paging.py     how the next page is asked for
operation.py   what is asked and answered   page_size.py  how large a page may be
paths.py       which operations are meant   cursor.py     reading only what is new
server.py      the address                  fill.py       what must be sent
vocabulary.py  the names that APIs use      plan.py       resources, their names and parents
columns.py     descriptions of columns      hints.py      pages, where extensions tell of them
envelope.py    around a record's fields     build.py      all of it together
"""

from restsrc_dagster.scaffold.openapi.build import from_openapi

__all__ = ["from_openapi"]
