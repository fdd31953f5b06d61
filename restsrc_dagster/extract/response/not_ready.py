"""Answers that are none yet: a 202, and an object that says no more than that it is being made.

A record may have a status as well. So one with status 200 counts only if nothing is at the
`data_selector`, or, where there is none, if beside the status stands nothing but what comes with a
job: no list, no other field, and no id by which the request has asked for it.
"""

import requests
from dlt.common import jsonpath

from restsrc_dagster.dlt_compat.rest_client import RECORD_KEY_PATTERNS, find_response_page_data
from restsrc_dagster.extract.records.field import plain
from restsrc_dagster.extract.response.echo import is_echo, names
from restsrc_dagster.extract.response.taken import body_of, is_in_pieces
from restsrc_dagster.json_types import Json, Record

ACCEPTED = 202
STATUS_KEYS = frozenset({"status", "state", "jobstatus", "jobstate", "reportstatus", "taskstatus"})
NOT_YET = frozenset(
    {
        *("pending", "processing", "queued", "enqueued", "running", "inprogress", "notready"),
        *("preparing", "generating", "building", "computing", "calculating", "notstarted"),
    }
)
BESIDE = frozenset(
    {
        *("message", "msg", "detail", "details", "description", "info", "code", "statuscode"),
        *("progress", "percent", "percentage", "percentcomplete", "percentdone", "eta"),
        *("retryafter", "retryin", "position", "queueposition", "statusurl", "pollurl", "href"),
        *("self", "links", "location", "id", "uuid", "requestid", "jobid", "taskid", "reportid"),
        *("exportid", "token", "createdat", "submittedat", "startedat", "updatedat", "success"),
    }
)
"""What a job that is not done comes with."""
IDS = frozenset({"id", "uuid", "requestid", "jobid", "taskid", "reportid", "exportid"})


LARGEST = 10_000
"""Bytes of what says no more than that."""


def not_ready(response: requests.Response, selector: str | None) -> str | None:
    """What a good answer says of itself where it is no page yet: `202`, `200, status: pending`."""
    if is_in_pieces(response):
        return None
    if response.status_code == ACCEPTED:
        body = body_of(response)
        said = _said(body, response)
        if said is None and _has_records(body, selector):
            return None
    elif len(response.content) < LARGEST:
        body = body_of(response)
        said = _said(body, response)
        if said is None or not _says_no_more(body, selector, response):
            return None
    else:
        return None
    return f"{response.status_code}, {said}" if said else str(response.status_code)


def _said(body: Json, response: requests.Response) -> str | None:
    """`status: processing`; not where it is the filter that was asked for."""
    for key, value in body.items() if isinstance(body, dict) else ():
        if isinstance(value, str) and plain(str(key)) in STATUS_KEYS:
            word = plain(value).replace(" ", "")
            if word in NOT_YET and not is_echo(value, response):
                return f"{key}: {value}"
    return None


def _has_records(body: Json, selector: str | None) -> bool:
    """Whether they are where they were said to be, or where any list of records is."""
    if selector:
        return any(jsonpath.find_values(selector, body))
    path, found = find_response_page_data(body)
    is_list = isinstance(found, list) and bool(found)
    return is_list and (found is body or path[-1] in RECORD_KEY_PATTERNS)


def _says_no_more(body: Record, selector: str | None, response: requests.Response) -> bool:
    fields = {plain(str(key)): value for key, value in body.items() if value is not None}
    if any(isinstance(value, list) and key not in BESIDE for key, value in fields.items()):
        return False
    if selector:
        return all(value in (None, {}) for value in jsonpath.find_values(selector, body))
    is_asked_for = any(names(fields[key], response) for key in IDS & fields.keys())
    return fields.keys() <= STATUS_KEYS | BESIDE and not is_asked_for
