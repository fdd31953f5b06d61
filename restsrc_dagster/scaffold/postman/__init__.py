"""A first configuration from a Postman collection (v2.1), by what is known of OpenAPI documents.

collection.py   the file: folders, requests, what they inherit
variables.py    `{{name}}` on its way to `${NAME}`
choose.py       which requests are read, and why the others are not
translate.py    requests as an OpenAPI document
build.py        all of it together
"""

from restsrc_dagster.scaffold.postman.build import from_postman

__all__ = ["from_postman"]
