"""From the records of a parent to the requests of its children.

dlt puts a parent's values into paths as they are, so that `../admin` or `None` becomes a part of
the address; and it sends a child's own cursor as it moves, so that the second parent is asked for
what is newer than the newest of the first.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from dlt.extract.items_transform import ItemTransform

from restsrc_dagster.connector.placeholders import FORMATTED_KEYS, endpoint_placeholders
from restsrc_dagster.connector.references import blank
from restsrc_dagster.connector.resources import Resource
from restsrc_dagster.connector.wording import quoted
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.convert import HeldFast
from restsrc_dagster.extract.field import Field

IN_A_SEGMENT = "~:@!$&'()*+,;="


class _Segment(str):
    """A text that is encoded where it enters a path, and stays itself everywhere else."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        return quote(str(self), safe=IN_A_SEGMENT)


class ParentValues(ItemTransform[Any, Any]):
    """Before a child's requests: copies of the parent's records, fit for a path.

    Fields that make up the whole path are addresses, which the API gives as they are meant.
    """

    placement_affinity = 0

    def __init__(self, child: Resource) -> None:
        super().__init__(lambda item: item)
        self._child = child.name
        self._parent = child.parent
        fields = fields_in_path(child)
        elsewhere = fields_elsewhere(child)
        self._whole = {name for name, whole in fields.items() if whole}
        self._fields = {name: Field(name) for name in fields}
        self._also_elsewhere = elsewhere & set(fields)

    def __call__(self, item: Any, meta: Any = None) -> Any:  # noqa: ARG002 - dlt's signature
        """Raises ReadError where a value cannot be a part of a path."""
        if isinstance(item, list):
            return [self._fit(record) for record in item]
        return self._fit(item)

    def _fit(self, record: Any) -> Any:
        if not isinstance(record, dict):
            return record
        fit = dict(record)
        for name, field in self._fields.items():
            value = field.get(record)
            place = f"the path of {self._child!r}, by {{resources.{self._parent}.{name}}}"
            if value is None:
                raise ReadError(
                    f"a record of {self._parent!r} has no {name}, which is wanted in {place}; "
                    "leave such records out with processing_steps"
                )
            if isinstance(value, (dict, list, bool, float)) or value == "":
                kind = "an empty text" if value == "" else f"a {type(value).__name__}"
                raise ReadError(f"{name} of a record of {self._parent!r} is {kind}, in {place}")
            if isinstance(value, int):
                continue
            self._refuse_dots(value, place)
            if name in self._whole:
                continue
            if name in self._also_elsewhere and _Segment(value).__format__("") != value:
                raise ReadError(
                    f"{name} of a record of {self._parent!r} is {quoted(value)}, which would have "
                    f"to be encoded for {place}, and not where it stands otherwise"
                )
            if name not in self._also_elsewhere:
                field.put_into_copy(fit, _Segment(value))
        return fit

    def _refuse_dots(self, value: str, place: str) -> None:
        segments = value.split("?")[0].split("/")
        if {".", ".."} & set(segments):
            raise ReadError(f"{quoted(value)} would lead elsewhere in {place}")


def fields_in_path(child: Resource) -> dict[str, bool]:
    """Fields of the parent in the child's path, and whether they are all of it."""
    path = str(blank(child.endpoint).get("path") or "")
    found: dict[str, bool] = {}
    for placeholder in endpoint_placeholders({"path": path}):
        if link := placeholder.parent_field:
            found[link[1]] = path.strip().startswith("{" + placeholder.expression)
    params: Mapping[str, Any] = child.endpoint.get("params") or {}
    for name, value in params.items():
        if isinstance(value, dict) and value.get("type") == "resolve":
            found[str(value["field"])] = path.strip().startswith("{" + name)
    return found


def fields_elsewhere(child: Resource) -> set[str]:
    """Fields of the parent in params, body or headers of the child."""
    rest = {key: value for key, value in blank(child.endpoint).items() if key != "path"}
    links = (placeholder.parent_field for placeholder in endpoint_placeholders(rest))
    return {link[1] for link in links if link}


def with_steady_cursor(child: Resource) -> dict[str, Any]:
    """The endpoint of a child, which sends every parent the same start of its own cursor.

    `start_param`, a param of type incremental and `{incremental.last_value}` move from parent to
    parent; `{incremental.start_value}` does not. Without an initial value, though, that is the text
    None in the first run: there `start_param` stays, and what it sends is held fast.
    """
    endpoint = dict(child.endpoint)
    params = dict(endpoint.get("params") or {})
    incremental = dict(child.incremental or {})
    for name, value in list(params.items()):
        if isinstance(value, dict) and value.get("type") == "incremental":
            incremental["start_param"] = name
            del params[name]
    incremental.pop("type", None)
    if incremental.get("initial_value") is None:
        incremental["convert"] = HeldFast(incremental.get("convert"))
    else:
        for key, value in (("start_param", "start_value"), ("end_param", "end_value")):
            if param := incremental.pop(key, None):
                params[param] = f"{{incremental.{value}}}"
    endpoint |= {"incremental": incremental, "params": params}
    return {
        key: _steady(value) if key in FORMATTED_KEYS else value for key, value in endpoint.items()
    }


def _steady(value: Any) -> Any:
    if isinstance(value, str):
        return value.replace("{incremental.last_value}", "{incremental.start_value}")
    if isinstance(value, dict):
        return {key: _steady(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_steady(item) for item in value]
    return value
