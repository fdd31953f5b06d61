"""How the API of a connector is asked: the request budget, limits, hosts and certificates."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

from restsrc_dagster.connector.configuration.part import StandIn
from restsrc_dagster.connector.file_part import FilePart
from restsrc_dagster.connector.syntax.origins import named_origin, overlap


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


class ClientCertificate(FilePart):
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


class Http(FilePart):
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
