"""An object whose keys are data: a list of records, written as `{"17": {…}, "18": {…}}`.

Taken for one record, each of its records becomes columns of one row.
"""

import re

from restsrc_dagster.json_types import Json

_DATA = re.compile(r"\d|^[A-Z]{2,}$|[-@.:/ ]")
"""What keys have that are ids, dates, codes or addresses, and names of fields seldom have."""
_ID = re.compile(r"[\d-]+|[0-9a-fA-F]{8}-?(?:[0-9a-fA-F]{4}-?){3}[0-9a-fA-F]{12}")
"""A number, a date, or a UUID."""
MANY = 20


def is_keyed_object(record: Json) -> bool:
    """Whether a record is rather an object of records, each under a key of its own.

    All values are objects that have most fields in common, and the keys are ids, look like data, or
    are many.
    """
    if not isinstance(record, dict) or not record:
        return False
    values = list(record.values())
    if not all(isinstance(value, dict) and value for value in values):
        return False
    if all(_ID.fullmatch(str(key)) for key in record):
        return True
    common, names = set(values[0]), set()
    for value in values:
        common.intersection_update(value)
        names.update(value)
    if len(values) < 2 or 2 * len(common) < len(names):
        return False
    return len(values) >= MANY or all(_DATA.search(str(key)) for key in record)
