"""What a policy file says, as pydantic models. Whatever it leaves out is strict."""

import re
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PrivateAttr

_PATTERN = re.compile(r"[A-Za-z0-9_*?]+")
_HOST = re.compile(r"(?:\*\.)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*")


def _pattern(value: str) -> str:
    if not _PATTERN.fullmatch(value):
        raise ValueError(
            f"{value!r} is no name of a variable; letters, digits, _ are allowed, and * and ? for "
            "several of them"
        )
    return value


def _host(value: str) -> str:
    try:
        ip_network(value)
    except ValueError:
        if not _HOST.fullmatch(value):
            raise ValueError(
                f"{value!r} is no host, *.domain, address or network such as 10.1.0.0/16"
            ) from None
    return value.lower()


def _place(value: str) -> str:
    if "://" not in value and not Path(value).is_absolute():
        raise ValueError(f"{value!r} is neither an absolute path nor a URL such as s3://bucket/raw")
    return value


Pattern = Annotated[str, AfterValidator(_pattern)]
AllowedHost = Annotated[str, AfterValidator(_host)]
Place = Annotated[str, AfterValidator(_place)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Hosts(_Part):
    """Where requests may go, wherever an address comes from: a file, a link, a redirect."""

    public: bool = Field(True, description="Whether any address of the internet may be reached.")
    private: bool = Field(
        False, description="Whether private networks and this machine may be reached."
    )
    allowed: list[AllowedHost] = Field(
        default_factory=list,
        description="Hosts, *.domain, addresses and networks that may be reached beside these.",
    )


class Files(_Part):
    """Files and buckets that connector files name."""

    outside: list[Place] = Field(
        default_factory=list,
        description="Folders, and URLs of buckets, beside the data folder RESTSRC_DATA_DIR.",
    )


class Destinations(_Part):
    """What connector files may say of their destination."""

    types: list[Annotated[str, Field(min_length=1)]] = Field(
        default_factory=list,
        description="Destinations that a file may name, beside RESTSRC_DESTINATION; one with dots "
        "is imported.",
    )
    datasets: list[Annotated[str, Field(min_length=1)]] = Field(
        default_factory=list,
        description="Datasets that a file may name beside its own, <connector> and <connector>_…, "
        "as names or patterns.",
    )
    arguments: dict[str, list[Annotated[str, Field(min_length=1)]]] = Field(
        default_factory=dict,
        description="By destination, or * for all: arguments that a file may give beside harmless "
        "ones, such as credentials or credentials.pragmas.",
    )


class Policy(_Part):
    """What connector files may do in this deployment."""

    variables: Literal["own"] | dict[str, list[Pattern]] = Field(
        "own",
        description="Variables that a file may read: its own, RESTSRC_<CONNECTOR>_…; and those "
        "listed here by connector, or * for all, as names or patterns.",
    )
    hosts: Hosts = Field(default_factory=lambda: Hosts(), description="Where requests may go.")
    files: Files = Field(default_factory=lambda: Files(), description="Which files may be named.")
    destinations: Destinations = Field(
        default_factory=lambda: Destinations(), description="Where rows may go."
    )

    _file: Path | None = PrivateAttr(None)

    @property
    def file(self) -> Path | None:
        """Where it was read."""
        return self._file

    def at(self, key: str) -> str:
        """What forbids something, as messages end: `(policy /etc/policy.json: hosts.private)`."""
        return f"(policy {self._file or 'of the deployment'}: {key})"

    def read_from(self, file: Path) -> "Policy":
        """The same, which knows its file."""
        self._file = file
        return self


def policy_schema() -> dict[str, Any]:
    """JSON Schema, draft 2020-12, of a policy file."""
    schema = Policy.model_json_schema()
    schema["properties"]["$schema"] = {"type": "string", "description": "Where this schema is."}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **schema,
        "title": "A policy of restsrc_dagster",
        "description": "What connector files may do in a deployment. What is left out is strict.",
    }
