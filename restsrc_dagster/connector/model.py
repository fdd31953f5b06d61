"""What a connector is: the file's keys as pydantic models."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Annotated, Any, Literal, Self, get_args
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PrivateAttr,
    ValidationInfo,
    field_validator,
)

from restsrc_dagster.connector.abilities import TableFormat, WhereMergeIsImpossible
from restsrc_dagster.connector.configuration.auth.oauth2_refresh_token import rotates
from restsrc_dagster.connector.configuration.auth.places import auths
from restsrc_dagster.connector.configuration.part import StandIn
from restsrc_dagster.connector.resources.deletes import Deletes
from restsrc_dagster.connector.resources.format import NAMES, format_object
from restsrc_dagster.connector.resources.partitions import Partitions, partitioned
from restsrc_dagster.connector.resources.reading import ResourceReading
from restsrc_dagster.connector.resources.resources import Resources
from restsrc_dagster.connector.resources.values import Values, value_lists
from restsrc_dagster.connector.schedule.schedule import Schedule
from restsrc_dagster.connector.schedule.slots import AnySlots
from restsrc_dagster.connector.syntax.origins import named_origin, overlap
from restsrc_dagster.connector.syntax.variables import Kind, has_default

_RFC_3339 = re.compile(
    r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?:\.\d+)?(?:[Zz]|[+-]\d\d:\d\d)", re.ASCII
)
YEARS = range(1970, 2200)
"""Of `created_at`; with the longest period, slots still have a year that datetime knows."""


def _utc(value: Any) -> datetime:
    if not isinstance(value, str):
        raise ValueError("is not a time in quotes, such as 2026-11-23T10:03:00Z")
    try:
        parsed = datetime.fromisoformat(value.upper()) if _RFC_3339.fullmatch(value) else None
    except ValueError:
        parsed = None
    if parsed is None:
        raise ValueError(f"{value!r} is not an RFC 3339 time in UTC, such as 2026-11-23T10:03:00Z")
    if parsed.year not in YEARS:
        raise ValueError(f"{value!r} is not within {YEARS.start} to {YEARS.stop - 1}")
    if parsed.utcoffset() != timedelta(0):
        in_utc = parsed.astimezone(UTC).isoformat().replace("+00:00", "Z")
        raise ValueError(f"{value!r} is not in UTC; write {in_utc}")
    return parsed.astimezone(UTC)


# Dagster's own rules (`is_valid_owner` and `normalize_tags(strict=True)`), so that a file which
# breaks them is named here and not only where definitions load.
_OWNER = re.compile(r"team:.+|[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+\.[A-Za-z]{2,7}")
_TAG_KEY = re.compile(r"([A-Za-z0-9_.-]{1,63}/)?[A-Za-z0-9_.-]{1,63}")
_TAG_VALUE = re.compile(r"[A-Za-z0-9_.-]{0,63}")


def _owner(value: str) -> str:
    if not _OWNER.fullmatch(value):
        raise ValueError(f"{value!r} is neither an email address nor team:<name>")
    return value


def _tags(tags: dict[str, str]) -> dict[str, str]:
    for key, value in tags.items():
        if not _TAG_KEY.fullmatch(key) or not _TAG_VALUE.fullmatch(value):
            raise ValueError(
                f"{key!r}: {value!r} is not a tag; letters, digits, _, - and . are allowed, at "
                "most 63, and one / in the key"
            )
    return tags


def _host(value: str) -> str:
    named_origin(value)
    return value


Host = Annotated[str, AfterValidator(_host), StandIn("host.invalid")]


def _proxy(value: str) -> str:
    try:
        parts = urlsplit(value)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right:
        raise ValueError("is no address of a proxy, such as http://proxy:3128")
    return value


Proxy = Annotated[str, AfterValidator(_proxy), StandIn("http://proxy.invalid:3128")]
OnSchemaChange = Literal["warn", "fail", "ignore"]
AlertKind = Literal["failure", "check", "schema", "freshness", "file"]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class ClientCertificate(_Part):
    """A certificate of the client, and its key."""

    certificate: str = Field(
        min_length=1, description="The path of a PEM file, or its text, best as ${NAME}."
    )
    key: str = Field(
        min_length=1, description="The path of its private key, or its text, best as ${NAME}."
    )
    passphrase: str | None = Field(
        None, min_length=1, description="The passphrase of the key, as a ${NAME} reference."
    )


class Http(_Part):
    """The request budget and the limits of a connector, over all its resources."""

    max_concurrency: int = Field(4, ge=1, description="Requests under way at once.")
    requests_per_second: float | None = Field(None, gt=0, description="Never more than this rate.")
    timeout_seconds: float = Field(60, gt=0, description="Longest wait for a sign of life.")
    max_wait_seconds: float = Field(
        900, ge=0, description="Longest time that a rate limit of the API is waited out."
    )
    max_request_seconds: float | None = Field(
        None,
        gt=0,
        description="Longest time until the last byte of an answer is there, beside 5 seconds for "
        "each of its megabytes; by default 600, or twice timeout_seconds.",
    )
    max_pages: int = Field(1_000_000, ge=1, description="Pages of one resource in one run.")
    max_response_mb: float | None = Field(
        None,
        gt=0,
        description="Largest answer, in megabytes, unpacked; by default 100, or 10000 of one that "
        "is read in pieces.",
    )
    allowed_hosts: list[Host] = Field(
        default_factory=list,
        description="Who else may get the credentials, as host, host:port or origin.",
    )
    anonymous_hosts: list[Host] = Field(
        default_factory=list,
        description="Where links and redirects are followed without the credentials.",
    )
    follow_below_base_url: bool = Field(
        False,
        description="Links that differ from base_url in scheme, host and port are followed below "
        "it, with its own: for an API behind a proxy.",
    )
    client_certificate: Annotated[str, Field(min_length=1)] | ClientCertificate | None = Field(
        None,
        description="The client's certificate and its key: the path of a PEM file that has both, "
        "or its text, best as ${NAME}; or an object.",
    )
    ca_bundle: str | None = Field(
        None,
        min_length=1,
        description="Certificates of issuers to trust, beside the usual ones: the path of a PEM "
        "file, or its text.",
    )
    proxy: Proxy | None = Field(
        None, description="The address of the proxy: http://user:password@proxy:3128."
    )
    allow_missing_selector: list[str] = Field(
        default_factory=list, description="Resources that leave their list out when it is empty."
    )

    @field_validator("anonymous_hosts")
    @classmethod
    def _in_one_list(cls, hosts: list[str], info: ValidationInfo) -> list[str]:
        allowed = [named_origin(host) for host in info.data.get("allowed_hosts", [])]
        for host in hosts:
            if any(overlap(named_origin(host), origin) for origin in allowed):
                raise ValueError(
                    f"{host!r} is in allowed_hosts, too: either it gets the credentials, or it "
                    "does not"
                )
        return hosts


class Alerts(_Part):
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


class Connector(_Part):
    """One connector file, checked. `configuration` is dlt's, as the person wrote it."""

    name: str = Field(exclude=True, description="The file's name, which is no key of it.")
    created_at: Annotated[datetime, BeforeValidator(_utc)] = Field(
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
    owners: list[Annotated[str, AfterValidator(_owner)]] = Field(
        default_factory=list, description="Owners of the assets: addresses, or team:<name>."
    )
    tags: Annotated[dict[str, str], AfterValidator(_tags)] = Field(
        default_factory=dict, description="Tags of the assets."
    )

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
