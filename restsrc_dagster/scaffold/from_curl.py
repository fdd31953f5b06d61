"""A first configuration from a curl command, as an API's documentation shows it."""

import json
import re
import shlex
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from restsrc_dagster.connector.configuration.auth import kind_of_scheme
from restsrc_dagster.connector.secrets import SECRET_KEY
from restsrc_dagster.scaffold.configuration import (
    FirstConfiguration,
    References,
    api_key,
    aws_sigv4,
    bearer,
    user_and_password,
    with_texts,
)
from restsrc_dagster.scaffold.graphql_query import connection_of
from restsrc_dagster.scaffold.standards import is_any_type, standard_of
from restsrc_dagster.scaffold.starts import notes_of_starts

_SKIPPED = frozenset({"user-agent", "content-type", "content-length", "host", "cookie"})
_TAKES_VALUE = frozenset(
    {
        *("-o", "--output", "-A", "--user-agent", "-e", "--referer", "-m", "--max-time"),
        *("--connect-timeout", "-b", "--cookie", "--retry", "-w", "--write-out"),
    }
)
_OF_HTTP = {
    **dict.fromkeys(("-x", "--proxy"), "proxy"),
    **dict.fromkeys(("-E", "--cert", "--key"), "client_certificate"),
    "--cacert": "ca_bundle",
}
"""What stands beside the configuration in a connector file, in its `http`."""
_EXTENSION = re.compile(r"\.(json|jsonl|xml|csv)$", re.IGNORECASE)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z-]{2,29}")
"""A word before the key, as in `SSWS …` or `Klaviyo-API-Key …`: it is no secret."""
_NAME = re.compile(r"[^A-Za-z0-9_]+")
_OF_PAGES = re.compile(r"page|next|contin|sync|cursor|start|after", re.IGNORECASE)
"""A token that says where a list goes on proves nothing."""


@dataclass
class _Curl:
    url: str = ""
    method: str | None = None
    headers: list[tuple[str, str]] = field(default_factory=list)
    user: str | None = None
    data: list[str] = field(default_factory=list)
    flags: set[str] = field(default_factory=set)
    aws: str = ""
    of_http: set[str] = field(default_factory=set)


def from_curl(command: str, connector: str) -> FirstConfiguration:
    """Read a curl command; its secrets become references, their values are dropped.

    Raises:
        ValueError: the text is no curl command, or asks for what a connector cannot do. Nothing
            of the text is repeated: it holds secrets.
    """
    curl = _parse(command)
    parts = urlsplit(curl.url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the command has no address that begins with http:// or https://")
    prefix, _, last = parts.path.rstrip("/").rpartition("/")
    port = f":{parts.port}" if parts.port else ""
    reference = References(connector)
    params: dict[str, Any] = dict(parse_qsl(parts.query, keep_blank_values=True))
    endpoint: dict[str, Any] = {"path": last or "/"}
    body = _body(curl, params)
    client: dict[str, Any] = {"base_url": f"{parts.scheme}://{parts.hostname}{port}{prefix}"}
    user = curl.user or _userinfo(parts.username, parts.password)
    if auth := _auth(curl, params, user, reference):
        client["auth"] = auth
    headers = {name: value for name, value in curl.headers if _is_sent(name, value)}
    accept = next((value for name, value in headers.items() if name.lower() == "accept"), "")
    for sent in (params, headers):
        sent |= {name: reference(name) for name in sent if _is_secret(name)}
    as_they_are = sorted(
        name for name, value in headers.items() if "${" not in value and name.lower() != "accept"
    )
    if headers:
        client["headers"] = headers
    standard = standard_of(parts.path, params, accept)
    connection = connection_of(body)
    endpoint |= connection.endpoint if connection else standard.endpoint
    if "paginator" not in endpoint and (paginator := _paginator(params)):
        endpoint["paginator"] = paginator
    if params:
        endpoint["params"] = with_texts(params, _literal)
    if body is not None:
        endpoint |= {"method": "POST", "json": with_texts(body, _literal)}
    name = connection.name if connection else _EXTENSION.sub("", last)
    name = _NAME.sub("_", name).strip("_") or "items"
    notes = [*standard.notes, *notes_of_starts(params, name)]
    resource: dict[str, Any] = {"name": name}
    if standard.primary_key:
        resource["primary_key"] = standard.primary_key
    resource["endpoint"] = endpoint
    configuration = {"client": client, "resources": [resource]}
    if as_they_are:
        notes.append(
            f"{', '.join(as_they_are)} {'is' if len(as_they_are) == 1 else 'are'} in the file as "
            "the command has it: if it is a secret, write a ${…} reference"
        )
    notes += [
        f"the command has its {key.replace('_', ' ')}: write it as http.{key}, beside configuration"
        for key in sorted(curl.of_http)
    ]
    return FirstConfiguration(configuration, reference.variables, notes)


def _is_sent(name: str, value: str) -> bool:
    if name.lower() == "accept":
        return not is_any_type(value)
    return name.lower() not in _SKIPPED


def _literal(text: str) -> str:
    """As it is written where braces are placeholders; references stay."""
    return text if "${" in text else text.replace("{", "{{").replace("}", "}}")


def _is_secret(name: str) -> bool:
    return bool(SECRET_KEY.search(name)) and not _OF_PAGES.search(name)


def _parse(command: str) -> _Curl:
    try:
        words = shlex.split(command.replace("\\\n", " ").replace("\\\r\n", " "))
    except ValueError:
        raise ValueError("the command has a quote that is not closed") from None
    if not words or words[0] != "curl":
        raise ValueError("the text does not begin with curl")
    curl = _Curl()
    rest = _single_options(words[1:])
    for word in rest:
        match word:
            case "-H" | "--header":
                name, _, value = next(rest, "").partition(":")
                curl.headers.append((name.strip(), value.strip()))
            case "-u" | "--user":
                curl.user = next(rest, "")
            case "-X" | "--request":
                curl.method = next(rest, "").upper()
            case "-d" | "--data" | "--data-raw" | "--data-binary" | "--json" | "--data-urlencode":
                curl.data.append(next(rest, ""))
            case "-G" | "--get" | "--digest":
                curl.flags.add(word)
            case "--aws-sigv4":
                curl.aws = next(rest, "")
            case "--url":
                curl.url = next(rest, "")
            case _ if word in _TAKES_VALUE | _OF_HTTP.keys():
                next(rest, None)
                curl.of_http.update(key for option, key in _OF_HTTP.items() if option == word)
            case _ if not word.startswith("-"):
                curl.url = word
    if curl.method not in (None, "GET", "POST"):
        raise ValueError(f"a connector reads by GET or POST, not by {curl.method}")
    return curl


def _single_options(words: list[str]) -> Iterator[str]:
    """`-HName: value` and `--header=value` as two words."""
    for word in words:
        if re.fullmatch(r"-[HuXd].+", word, re.DOTALL):
            yield from (word[:2], word[2:])
        elif re.match(r"--[a-z-]+=", word):
            yield from word.split("=", 1)
        else:
            yield word


def _body(curl: _Curl, params: dict[str, Any]) -> Any:
    if not curl.data:
        return {} if curl.method == "POST" else None
    if curl.flags & {"-G", "--get"}:
        params |= parse_qsl("&".join(curl.data), keep_blank_values=True)
        return None
    text = "&".join(curl.data)
    try:
        body = json.loads(text)
    except ValueError:
        body = dict(parse_qsl(text, keep_blank_values=True))
    if not isinstance(body, dict):
        raise ValueError("the command's data is no JSON object")
    return body


def _userinfo(username: str | None, password: str | None) -> str | None:
    return f"{username}:{password or ''}" if username else None


def _auth(
    curl: _Curl, params: dict[str, Any], user: str | None, reference: References
) -> dict[str, Any] | None:
    """The auth, taken out of headers and params; at most one kind."""
    for position, (name, value) in enumerate(curl.headers):
        scheme, _, rest = value.partition(" ")
        kind = kind_of_scheme(scheme) if name.lower() == "authorization" else None
        if kind == "http_basic":
            try:
                user = b64decode(rest, validate=True).decode()
            except (NotBase64, UnicodeDecodeError):
                user = rest
            del curl.headers[position]
            break
        if kind == "bearer":
            del curl.headers[position]
            return bearer(reference)
        if SECRET_KEY.search(name):
            del curl.headers[position]
            prefix = scheme if name.lower() == "authorization" and _SCHEME.fullmatch(scheme) else ""
            return api_key(reference, name, "header", scheme=prefix if rest else "")
    if curl.aws:
        # aws:amz:<region>:<service>
        _, _, region, service, *_ = [*curl.aws.split(":"), "", "", "", ""]
        return aws_sigv4(reference, region or "us-east-1", service or "execute-api")
    if user is not None:
        kind = "http_digest" if "--digest" in curl.flags else "http_basic"
        return user_and_password(reference, kind)
    for name in list(params):
        if _is_secret(name) or name.lower() == "key":
            del params[name]
            return api_key(reference, name, "query")
    return None


def _paginator(params: dict[str, Any]) -> dict[str, Any] | None:
    """Where the params tell it; else dlt looks at the first answer."""
    if "offset" in params:
        limit = params.pop("limit", "")
        del params["offset"]
        step = int(limit) if limit.isdigit() else 100
        return {"type": "offset", "limit": step, "total_path": None}
    if (page := params.get("page", "")).isdigit():
        del params["page"]
        return {"type": "page_number", "base_page": int(page), "total_path": None}
    return None
