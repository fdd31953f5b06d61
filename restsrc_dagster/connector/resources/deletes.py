"""`reading.<resource>.deletes`: how rows go whose records the API has deleted."""

import re
from collections.abc import Iterator, Mapping, Set
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from typing_extensions import Self

from restsrc_dagster.connector.configuration.part import StandIn
from restsrc_dagster.connector.configuration.steps import Expression
from restsrc_dagster.connector.file_part import FilePart
from restsrc_dagster.connector.resources.columns import named_by
from restsrc_dagster.connector.resources.jobs import below_jobs
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.wording import nearest

DELETED_AT = "_deleted_at"
_SHARE = re.compile(r"(?P<percent>\d{1,3}(?:\.\d+)?) ?%")
_ONE_OF_THREE = (
    "says how deletions are told by one of these: by (missing), when (a condition of the record), "
    "resource (which lists them)"
)


def _share(text: str) -> str:
    share(text)
    return text


def share(text: str) -> float:
    """The part of all that a text such as `20 %` names; raises ValueError."""
    match = _SHARE.fullmatch(text.strip())
    if match is None or float(match["percent"]) > 100:
        raise ValueError(f"{text!r} is no share such as 20 %, from 0 % to 100 %")
    return float(match["percent"]) / 100


class Deletes(FilePart):
    """How deletions are told, and what is done with the rows."""

    by: Literal["missing"] | None = Field(
        None, description="missing: what a list that is read whole does not have any more."
    )
    when: Expression | None = Field(
        None,
        description="JMESPath over a record, after the processing steps: where it holds, the "
        "record says of itself that it is deleted.",
    )
    resource: str | None = Field(
        None, min_length=1, description="The resource whose records are deletions of this one."
    )
    key: str | None = Field(
        None,
        min_length=1,
        description="The field of these records that has the primary key of what is deleted; by "
        "default of the same name.",
    )
    then: Literal["mark", "remove"] = Field(
        "mark",
        description="mark writes the time of the load into the column _deleted_at, remove takes "
        "the row away.",
    )
    at_most: Annotated[str, AfterValidator(_share), StandIn("20 %")] = Field(
        "20 %",
        description="Of missing: the largest part of the rows that may go in one run, before it "
        "is taken for a fault of the API.",
    )

    @property
    def described(self) -> str:
        """`what the API lists no more is removed, at most 20 % of the rows in one run`."""
        done = "marked as deleted" if self.then == "mark" else "removed"
        if self.by is not None:
            return f"what the API lists no more is {done}, at most {self.at_most} in one run"
        if self.resource is not None:
            return f"what {self.resource} lists is {done}"
        return f"what says of itself that it is deleted is {done}"

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if sum(one is not None for one in (self.by, self.when, self.resource)) != 1:
            raise ValueError(_ONE_OF_THREE)
        if self.key is not None and self.resource is None:
            raise ValueError("key: is that of the records of a resource: name it beside the key")
        if "at_most" in self.model_fields_set and self.by is None:
            raise ValueError("at_most: is about rows that are missing; remove it")
        return self


def as_object(value: Any) -> Any:
    """`"missing"` is short for `{"by": "missing"}`."""
    return {"by": value} if isinstance(value, str) else value


SaidDeletes = Annotated[
    Deletes, BeforeValidator(as_object, json_schema_input_type=Literal["missing"] | Deletes)
]


def deletes_problems(
    name: str, said: Any, resources: Resources, waiting: Set[str] = frozenset()
) -> Iterator[str]:
    """Why rows of a resource cannot be deleted as its file says; `waiting` as of `below_jobs`."""
    said = as_object(said)
    if not isinstance(said, Mapping):
        return
    resource, way = resources[name], resources.disposition(name)
    if not resource.selected:
        yield "is no table, as it is not selected: remove it"
        return
    if way == "replace":
        yield "replaces its table in each run, and what the API lists no more is gone: remove it"
        return
    if way != "merge":
        yield (
            f"needs rows that are merged, and the disposition is {way}: name a primary_key and "
            "write_disposition merge"
        )
        return
    if not resource.has_primary_key:
        yield "needs a primary_key, by which a row is that of a record"
        return
    if beside := sorted(resources.beside(name)):
        yield f"shares its table with {', '.join(beside)}: give each a table_name of its own"
    if resources.strategy(name) not in (None, "delete-insert", "upsert", "scd2"):
        yield f"needs another strategy than {resources.strategy(name)}: delete-insert or upsert"
    if said.get("then") == "remove" and resources.strategy(name) == "scd2":
        yield "removes no row of scd2, which keeps all versions: write then mark, or leave it out"
    if said.get("by"):
        yield from _missing_problems(name, resources)
        if name in below_jobs(resources, waiting) and resources.below_incremental(name):
            yield "finds what is missing in all that there is, and this job is for what is new"
    if said.get("when") and any(one.get("hard_delete") for one in resource.columns.values()):
        yield "has hard_delete in columns, which says the same: take one of them out"
    if isinstance(told := said.get("resource"), str):
        yield from _told_problems(name, told, resources)


def _missing_problems(name: str, resources: Resources) -> Iterator[str]:
    resource = resources[name]
    if resource.incremental is not None:
        yield (
            "finds what is missing in a list that is read whole, and this one is read by a "
            "cursor: name a condition as when, or a resource that lists the deletions"
        )
    if resource.hints.get("schema_contract"):
        yield "would take records for deleted that schema_contract leaves out: take that out"
    if resource.links_beside:
        yield (
            "finds what is missing below each record of its parent, and its requests take values "
            f"of {', '.join(sorted({one for one, _ in resource.links_beside}))}, too"
        )
    if resources.strategy(name) == "scd2" and resource.parent is not None:
        yield "finds nothing that is missing below a parent with scd2: use delete-insert"


def _told_problems(name: str, told: str, resources: Resources) -> Iterator[str]:
    if told not in resources or resources.is_list(told) or told == name:
        meant = nearest(told, [one for one in resources if one != name])
        cure = f"; did you mean {meant}?" if meant else ""
        yield f"names {told!r}, which is not another resource{cure}"
        return
    if not resources[told].selected:
        yield f"needs the rows of {told!r}, which is not selected: take selected out there"
    if resources.strategy(name) == "scd2":
        yield "finds nothing by another resource with scd2: use delete-insert, or when"
    if len(named_by(resources[name].hints, "primary_key")) != 1:
        yield f"finds rows by one key, and the primary_key of {name!r} has several parts"


def with_column(resource: Mapping[str, Any], said: Deletes) -> dict[str, Any]:
    """A resource of a configuration, in its object form, with the column of its deletions."""
    column: dict[str, Any] = {"data_type": "timestamp", "nullable": True}
    if said.when is not None and said.then == "remove":
        column["hard_delete"] = True
    columns = resource.get("columns") or {}
    if isinstance(columns, list):
        return {**resource, "columns": [*columns, {"name": DELETED_AT, **column}]}
    return {**resource, "columns": {**columns, DELETED_AT: column}}
