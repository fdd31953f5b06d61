"""The REST API of the demonstration shop, on loopback.

    GET /v1/customers                      GET /v1/subscriptions/{id}/payments
    GET /v1/invoices                       GET /v1/invoices/{id}/payments
    GET /v1/subscriptions

Query: `limit` (1 to 250, default 100), `updated_since` (RFC 3339, inclusive), `cursor` (from a next
link only). Answer: `{"data": [...], "paging": {"next": "<absolute URL or null>", "total": N}}`, in
the order of (updated_at, id). Errors: `{"error": {"code": "...", "message": "..."}}` with 400, 401,
404, 429 (`Retry-After`), 503.

For who tries things out, from anywhere and without a token: `POST /break` (from then on 503),
`POST /mend`, and `POST /add-field` (customers that change from then on have `loyalty_points`).
"""

import base64
import binascii
import hmac
import itertools
import json
import sys
import threading
from collections.abc import Callable
from datetime import timedelta, timezone
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from typing_extensions import Self

from restsrc_dagster.connector.time.iso import parse_time
from restsrc_dagster.demo.data import timestamp
from restsrc_dagster.demo.shop import Key, Page, Shop
from restsrc_dagster.demo.trials import Trials
from restsrc_dagster.json_types import Record

DEFAULT_TOKEN = "restsrc-demo-token"  # noqa: S105 - opens nothing but made-up data on loopback
DEFAULT_LIMIT, MOST_PER_PAGE = 100, 250
RETRY_AFTER_SECONDS = 1


class _Refused(Exception):
    """An answer that is not a page."""

    def __init__(self, status: HTTPStatus, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message


class DemoApi:
    """Serves a `Shop` from `with` to its end.

    `port` 0 takes any free one; a taken one raises OSError on entering. Every `throttle_every`-th
    request that brings the token is answered 429 with `Retry-After: 1`; None never does. `trials`
    is what a person has done to it.
    """

    def __init__(
        self,
        shop: Shop | None = None,
        *,
        port: int = 0,
        token: str = DEFAULT_TOKEN,
        throttle_every: int | None = 25,
        trials: Trials | None = None,
    ) -> None:
        self._shop = shop or Shop()
        self._trials = trials or Trials()
        self._token = token
        self._wanted_port = port
        self._throttle_every = throttle_every
        self._count = itertools.count(1)  # next() on it is atomic
        self._server: ThreadingHTTPServer | None = None
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        handler = type("_BoundHandler", (_Handler,), {"api": self})
        self._server = _Server(("127.0.0.1", self._wanted_port), handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="demo-api", daemon=True
        )
        self._thread.start()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._server and self._thread:
            self._server.shutdown()
            self._server.server_close()
            self._thread.join()
        self._server = self._thread = None

    @property
    def port(self) -> int:
        """The port that is listened on; RuntimeError outside of `with`."""
        if self._server is None:
            raise RuntimeError("DemoApi is not serving: enter it with `with DemoApi() as api:`")
        return int(self._server.server_address[1])

    @property
    def base_url(self) -> str:
        """`http://127.0.0.1:<port>/v1`"""
        return f"http://127.0.0.1:{self.port}/v1"

    def _answer(self, target: str, authorization: str) -> dict[str, Any]:
        """The body for a request target such as `/v1/customers?limit=5`; raises _Refused."""
        if self._trials.is_broken:
            raise _Refused(HTTPStatus.SERVICE_UNAVAILABLE, "down", "down: POST /mend mends it")
        if not hmac.compare_digest(authorization.encode(), f"Bearer {self._token}".encode()):
            raise _Refused(HTTPStatus.UNAUTHORIZED, "unauthorized", "send a valid bearer token")
        if self._throttle_every and next(self._count) % self._throttle_every == 0:
            message = f"too many requests, try again in {RETRY_AFTER_SECONDS} s"
            raise _Refused(HTTPStatus.TOO_MANY_REQUESTS, "rate_limited", message)
        url = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        limit, since = _limit(query.get("limit")), _since(query.get("updated_since"))
        after = _decode_cursor(query["cursor"]) if "cursor" in query else None
        page = self._page(url.path, limit=limit, since=since, after=after)
        if page is None:
            raise _Refused(HTTPStatus.NOT_FOUND, "not_found", f"there is nothing at {url.path}")
        next_url = None
        if page.after:
            kept = {"limit": limit} | ({"updated_since": since} if since else {})
            next_query = urlencode(kept | {"cursor": _encode_cursor(page.after)})
            next_url = f"{self.base_url.removesuffix('/v1')}{url.path}?{next_query}"
        records = page.records
        if url.path == "/v1/customers":
            records = [self._trials.with_field(record) for record in records]
        return {"data": records, "paging": {"next": next_url, "total": page.total}}

    def _try(self, target: str) -> dict[str, Any]:
        """What a person does to it, and what that means; raises _Refused."""
        said = self._trials.do(urlsplit(target).path.strip("/"))
        if said is None:
            raise _Refused(HTTPStatus.NOT_FOUND, "not_found", "POST /break, /mend or /add-field")
        return {"done": said}

    def _page(self, path: str, *, limit: int, since: str, after: Key | None) -> Page | None:
        match path.split("/"):
            case ["", "v1", resource]:
                return self._shop.page(resource, limit=limit, since=since, after=after)
            case ["", "v1", parent, parent_id, "payments"]:
                return self._shop.payments_page(
                    parent, parent_id, limit=limit, since=since, after=after
                )
        return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is nobody's error; anything else is printed as ever."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    api: DemoApi
    protocol_version = "HTTP/1.1"
    timeout = 60
    wbufsize = -1  # headers and body in one packet: two would wait 40 ms for each other
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        token = self.headers.get("Authorization", "")
        self._respond(lambda: self.api._answer(self.path, token))

    def do_POST(self) -> None:
        self.close_connection = True  # a body, if there is one, is not read
        self._respond(lambda: self.api._try(self.path))

    def _respond(self, answer: Callable[[], dict[str, Any]]) -> None:
        try:
            body = answer()
        except _Refused as refused:
            self._send(refused.status, _error(refused.code, refused.message))
        else:
            self._send(HTTPStatus.OK, body)

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:  # noqa: ARG002
        """What http.server refuses by itself (another method, a broken request), as JSON too."""
        self.close_connection = True
        status = HTTPStatus(code)
        self._send(status, _error(status.name.lower(), message or status.phrase))

    def log_message(self, *_: Any) -> None:
        """Nothing: the terminal belongs to the demonstration's own lines."""

    def _send(self, status: HTTPStatus, body: Record) -> None:
        content = json.dumps(body, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        if status is HTTPStatus.TOO_MANY_REQUESTS:
            self.send_header("Retry-After", str(RETRY_AFTER_SECONDS))
        if status is HTTPStatus.UNAUTHORIZED:
            self.send_header("WWW-Authenticate", "Bearer")
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(content)


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _bad_request(message: str) -> _Refused:
    return _Refused(HTTPStatus.BAD_REQUEST, "bad_request", message)


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST_PER_PAGE:
        raise _bad_request(f"limit: {text!r} is not a number from 1 to {MOST_PER_PAGE}")
    return int(text)


def _since(text: str | None) -> str:
    """The first whole second at or after the moment, for records carry whole seconds."""
    if text is None:
        return ""
    try:
        moment = parse_time(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=timezone.utc)
        return timestamp(moment + timedelta(microseconds=-moment.microsecond % 1_000_000))
    except (ValueError, OverflowError):
        example = "2026-11-23T10:03:00Z"
        raise _bad_request(f"updated_since: {text!r} is not a time such as {example}") from None


def _encode_cursor(key: Key) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode().rstrip("=")


def _decode_cursor(text: str) -> Key:
    try:
        padded = text + "=" * (-len(text) % 4)
        updated_at, record_id = json.loads(base64.urlsafe_b64decode(padded))
        return str(updated_at), str(record_id)
    except (binascii.Error, ValueError, TypeError):
        raise _bad_request("cursor: take it from the next link, as it is") from None
