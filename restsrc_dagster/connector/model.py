"""What a connector is: the file's keys as pydantic models."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
)
from typing_extensions import Self

from restsrc_dagster.connector.abilities import TableFormat, WhereMergeIsImpossible
from restsrc_dagster.connector.configuration.auth.oauth2_refresh_token import rotates
from restsrc_dagster.connector.configuration.auth.places import auths
from restsrc_dagster.connector.file_part import FilePart
from restsrc_dagster.connector.file_texts import CreatedAt, Owner, Tags
from restsrc_dagster.connector.http import Http
from restsrc_dagster.connector.resources.deletes import Deletes
from restsrc_dagster.connector.resources.format import NAMES, format_object
from restsrc_dagster.connector.resources.partitions import Partitions, partitioned
from restsrc_dagster.connector.resources.reading import ResourceReading
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.resources.values import Values, value_lists
from restsrc_dagster.connector.schedule.schedule import Schedule
from restsrc_dagster.connector.schedule.slots import AnySlots
from restsrc_dagster.connector.syntax.variables import Kind, has_default

OnSchemaChange = Literal["warn", "fail", "ignore"]
AlertKind = Literal["failure", "check", "schema", "freshness", "file"]


class Alerts(FilePart):
    """What the deployment's webhook is told of a connector."""

    on: list[AlertKind] = Field(
        default_factory=lambda: list(get_args(AlertKind)),
        description="A run that failed for good, a check that warns, a change of the schema, "
        "assets that are overdue, a file that is broken; by default all of it.",
    )


class Destination(BaseModel):
    """Where the rows go: dlt's name of a destination, and arguments of its factory."""

    model_config = ConfigDict(extra="allow", frozen=True, strict=True)

    type: str | None = Field(None, min_length=1, description="A dlt destination, e.g. postgres.")
    dataset: str | None = Field(None, min_length=1, description="The schema or dataset.")
    table_format: TableFormat | None = Field(
        None,
        description="How tables are stored where a destination knows several ways: of files, delta "
        "and iceberg can be merged into.",
    )
    where_merge_is_impossible: WhereMergeIsImpossible | None = Field(
        None,
        description="What becomes of a resource that the destination cannot merge: a run refuses "
        "it, or appends what is new or changed, or reads all of it and replaces the table.",
    )

    @property
    def arguments(self) -> dict[str, Any]:
        return dict(self.model_extra or {})


@dataclass(frozen=True)
class Deferred:
    """A `${NAME}` where no text does: what it is to become, and where."""

    place: str
    keys: tuple[int | str, ...]
    text: str
    kind: Kind


@dataclass(frozen=True)
class Later:
    """The content of a file as it is written, with the references that something stands in for.

    Those of `configuration` and `destination` that are texts are not among them.
    """

    written: Mapping[str, Any]
    deferred: tuple[Deferred, ...]


class Connector(FilePart):
    """One connector file, checked. `configuration` is dlt's, as the person wrote it."""

    name: str = Field(exclude=True, description="The file's name, which is no key of it.")
    created_at: CreatedAt = Field(
        description="When the connector was created: the anchor of its schedule, in UTC."
    )
    schedule: Schedule = Field(description='An object such as {"mode": "minutes", "interval": 10}.')
    configuration: dict[str, Any] = Field(
        description="dlt's rest_api configuration, an object with client and resources."
    )
    description: str | None = Field(None, description="What the connector brings, in words.")
    reading: dict[str, ResourceReading] = Field(
        default_factory=dict,
        description="How resources are read, by name, where dlt's schema has no word for it.",
    )
    values: dict[str, Values] = Field(
        default_factory=dict,
        description="Lists of values, by name: parents that nobody requests, as "
        "{resources.<name>.value}, or .<field> of objects.",
    )
    http: Http = Field(
        default_factory=lambda: Http(), description="The request budget and the limits."
    )
    destination: Destination = Field(
        default_factory=lambda: Destination(),
        description="Where the rows go; by default where the deployment says.",
    )
    partitions: Partitions | None = Field(
        None,
        description="Periods by which resources with an end in their request are shown, and "
        "filled again.",
    )
    on_schema_change: OnSchemaChange = Field(
        "warn",
        description="What becomes of a run after which columns are new, or get no values any more: "
        "a check warns, or it fails, and the run with it, or nothing is said.",
    )
    alerts: Alerts = Field(
        default_factory=lambda: Alerts(),
        description="What is told through the deployment's webhook, RESTSRC_ALERT_URL.",
    )
    owners: list[Owner] = Field(
        default_factory=list, description="Owners of the assets: addresses, or team:<name>."
    )
    tags: Tags = Field(default_factory=dict, description="Tags of the assets.")

    _later: Later | None = PrivateAttr(None)

    @property
    def later(self) -> Later | None:
        """What a run takes from the environment, where something else stands in until then."""
        return self._later

    def said_at(self, place: str) -> str | None:
        """The reference at a place of the file of which something stands in; None if there is none,
        or if its default does."""
        found = self._later.deferred if self._later else ()
        texts = (one.text for one in found if one.place == place)
        return next((text for text in texts if not has_default(text)), None)

    @cached_property
    def resources(self) -> Resources:
        windows = {name: one.window for name, one in self.reading.items() if one.window}
        return Resources(
            self.configuration,
            windows,
            value_lists(self.values),
            waiting=self.waiting,
            shared=frozenset(filter(self.cursor_is_shared, self.reading)),
        )

    @cached_property
    def partitioned(self) -> frozenset[str]:
        """The resources that have partitions."""
        return partitioned(self.resources) if self.partitions else frozenset()

    @property
    def waiting(self) -> frozenset[str]:
        """The resources that have a `wait_until`."""
        return frozenset(name for name, one in self.reading.items() if one.wait_until)

    @property
    def rotates_tokens(self) -> bool:
        """Whether an auth has a refresh token that has to be kept between runs."""
        return any(rotates(auth) for _, auth in auths(self.configuration))

    @property
    def deletes(self) -> dict[str, Deletes]:
        """How deletions are told, by resource."""
        return {name: one.deletes for name, one in self.reading.items() if one.deletes}

    def format_in_words(self, resource: str) -> str:
        """`CSV`, where the file says in which format a resource is answered; else nothing."""
        said = self.reading[resource].format if resource in self.reading else None
        written = format_object(said)
        return "" if written is None else NAMES[written.type]

    def cursor_is_shared(self, resource: str) -> bool:
        """Whether the file asks for one cursor for all parents of a resource."""
        return resource in self.reading and self.reading[resource].cursor == "shared"

    @property
    def slots(self) -> AnySlots:
        return self.schedule.slots(self.created_at)

    @property
    def dataset(self) -> str:
        return self.destination.dataset or self.name

    def destination_type(self, default: str) -> str:
        """dlt's name of the destination: the connector's own, else the deployment's."""
        return self.destination.type or default

    @property
    def identity(self) -> str:
        """Names this connector for ever: delete and re-create makes another one."""
        return f"{self.name}:{self.created_at:%Y-%m-%dT%H:%M:%S.%fZ}"

    @classmethod
    def from_mapping(
        cls, name: str, content: Mapping[str, Any], later: Later | None = None
    ) -> Self:
        """Check the content of a file; raises pydantic's ValidationError."""
        keys = {key: value for key, value in content.items() if key != "$schema"}
        made = cls.model_validate({**keys, "name": name})
        made._later = later
        return made

    def changed(self, **parts: Any) -> Self:
        """The same with other parts, which are not checked; `later` is forgotten where it is
        given."""
        made = self.model_copy(update={key: one for key, one in parts.items() if key != "later"})
        if "later" in parts:
            made._later = parts["later"]
        for cached in ("resources", "partitioned"):
            vars(made).pop(cached, None)
        return made
