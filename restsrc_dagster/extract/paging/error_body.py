"""An error that comes with a good status, and how it is told from a record.

A record may have a field `error`, `success` or `status`, too. So what has an id of its own is none;
and what a person has pointed at is none, unless it says nothing but what is wrong.
"""

import re
from collections.abc import Mapping
from enum import Enum
from typing import Any
from urllib.parse import urlsplit

import requests

from restsrc_dagster.extract.paging.repetition import IDENTITY
from restsrc_dagster.extract.records.field import plain
from restsrc_dagster.extract.response.echo import is_echo
from restsrc_dagster.extract.response.envelope import is_list_of
from restsrc_dagster.json_types import Json

ERROR_KEYS = frozenset({"error", "errors", "errormessage", "errmsg", "fault", "exception"})
SUCCESS_KEYS = frozenset({"success", "succeeded", "ok"})
STATUS_KEYS = frozenset({"status", "stat", "result", "response"})
FAILED = frozenset({"error", "fail", "failed", "failure", "nok", "ko"})
DATA_KEYS = frozenset({"data", "result", "results"})
BESIDE_ERRORS = DATA_KEYS | {
    *("message", "messages", "msg", "code", "status", "stat", "statuscode", "ok", "success"),
    *("detail", "details", "title", "type", "reason", "cause", "hint", "help", "info"),
    *("description", "errorcode", "errordescription", "requestid", "traceid", "timestamp"),
    *("path", "instance", "documentationurl", "moreinfo", "extensions", "warnings", "meta"),
    *("response", "succeeded", "throttle", "retryafter"),
}
"""What an error comes with; a record whose field is called `error` has others."""
NO_ERROR = frozenset({"", "0", "200", "none", "null", "false", "no", "ok", "success"})
LONGEST = 200
_FROM_PARENT = re.compile("_.+_")
"""What dlt puts into a child's record: `_posts_id`."""


class FoundError(Enum):
    """What was found in an answer, and by whom."""

    LIST = "records in a list"
    NOTHING = "no record"
    WHOLE = "no list: the answer itself is taken for the record"
    CHOSEN = "the answer itself, at the data_selector"


def what_is_found(
    response: requests.Response, body: Json, page: list[Any], selector: str | None
) -> FoundError:
    """What dlt has made of an answer; a list that an error comes with is no list of records."""
    if not page:
        return FoundError.NOTHING
    if len(page) == 1 and page[0] is body:
        return FoundError.CHOSEN if selector else FoundError.WHOLE
    if selector is None and isinstance(body, dict):
        key = next((key for key, value in body.items() if is_list_of(value, page)), "")
        is_beside = plain(str(key)) in (BESIDE_ERRORS | ERROR_KEYS) - DATA_KEYS
        if is_beside and str(key) not in urlsplit(response.request.url or "").path:
            return FoundError.NOTHING
    return FoundError.LIST


def complaint(response: requests.Response, body: Json, found: FoundError) -> str | None:
    """The error that a good answer holds, shortened; None if it holds none.

    Beside records, only GraphQL's `{"data": …, "errors": […]}` is one, as some of its records are
    missing, and a plain no such as `success: false`.
    """
    if not isinstance(body, dict):
        return None
    body = {key: value for key, value in body.items() if not _FROM_PARENT.match(str(key))}
    fields = {plain(str(key)): value for key, value in body.items()}
    only_error = fields.keys() <= BESIDE_ERRORS | ERROR_KEYS
    is_record = "jsonrpc" not in fields and any(fields.get(key) is not None for key in IDENTITY)
    says_no = not is_record and any(_is_no(fields.get(key)) for key in SUCCESS_KEYS)
    has_failed = not is_record and _has_failed(fields, response)
    error = _named_error(fields, body)
    match found:
        case FoundError.LIST:
            graphql = {"data", "errors"} <= set(body) <= {"data", "errors", "extensions"}
            known = error if graphql else None
        case FoundError.NOTHING:
            known = None if is_record else error
            says_no = says_no or has_failed
        case FoundError.WHOLE:
            known = error if only_error else None
            says_no = says_no or (only_error and has_failed)
        case FoundError.CHOSEN:
            known = error if only_error else None
            says_no = says_no and only_error
    return known or (in_words(body) if says_no else None)


def in_words(value: Json) -> str:
    """`success: false, cause: Key throttle`, shortened."""
    text = " ".join(_said(value).split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _said(value: Json) -> str:
    if isinstance(value, dict):
        named = ((key, one) for key, one in value.items() if one is not None and one != [])
        return ", ".join(f"{key}: {_said(one)}" for key, one in named)
    if isinstance(value, list):
        return "; ".join(map(_said, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _named_error(fields: Mapping[str, Json], body: Json) -> str | None:
    """What stands under a key that is called error."""
    for key, value in fields.items():
        if key in ERROR_KEYS:
            if value is True:
                return in_words(body)
            if isinstance(value, (str, list, dict)) and value and not _is_none(value):
                return in_words(value)
    return None


def _is_none(error: Any) -> bool:
    """Some say `"error": {"code": 0, "message": "success"}`."""
    if isinstance(error, dict):
        return not any(error.values()) or str(error.get("code")).lower() in NO_ERROR - {"none"}
    return isinstance(error, str) and error.strip().lower() in NO_ERROR


def _is_no(value: Json) -> bool:
    return value is False or (isinstance(value, str) and value.lower() == "false")


def _has_failed(fields: Mapping[str, Json], response: requests.Response) -> bool:
    words = [value for key in STATUS_KEYS if isinstance(value := fields.get(key), str)]
    return any(word.lower() in FAILED and not is_echo(word, response) for word in words)
