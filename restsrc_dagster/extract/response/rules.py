"""What the file says of an answer by its status or its content: `response_actions`."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import requests

from restsrc_dagster.connector.syntax.response_actions import Action, action_of, expression_of
from restsrc_dagster.dlt_compat.rest_api import IgnoreResponseException
from restsrc_dagster.errors import ReadError
from restsrc_dagster.extract.records.expressions import predicate
from restsrc_dagster.extract.response.charset import text_of
from restsrc_dagster.extract.response.url_redaction import redacted_url

NOT_MODIFIED = 304


@dataclass(frozen=True)
class ResponseRule:
    """One of them.

    Args:
        place: where it stands in the endpoint, for messages.
        action: what is done.
        status: of the answers that it is for; None for any.
        holds: whether the content of an answer is such.
    """

    place: str
    action: Action
    status: int | None
    holds: Callable[[requests.Response], bool]

    def is_for(self, response: requests.Response) -> bool:
        return self.status in (None, response.status_code) and self.holds(response)


class ResponseRules:
    """Those of one endpoint: a hook of its requests, which finds the first one that is for an
    answer.

    Args:
        actions: as the configuration has them.
        since_cursor: whether requests ask for what was modified since the cursor, by a header.
    """

    @classmethod
    def of(cls, endpoint: Mapping[str, Any]) -> "ResponseRules":
        headers = (endpoint.get("headers") or {}).items()
        since = any(is_condition(name) and "{incremental." in str(value) for name, value in headers)
        return cls(endpoint.get("response_actions") or (), since_cursor=since)

    def __init__(self, actions: Sequence[Mapping[str, Any]], *, since_cursor: bool = False) -> None:
        self._since_cursor = since_cursor
        self._rules = [
            ResponseRule(
                f"response_actions[{position}]",
                action_of(action["action"]),
                action.get("status_code"),
                _holds(action.get("content"), f"response_actions[{position}].content"),
            )
            for position, action in enumerate(actions)
        ]
        self._found: WeakKeyDictionary[requests.Response, ResponseRule | None] = WeakKeyDictionary()

    def find(self, response: requests.Response) -> ResponseRule | None:
        """The rule for an answer; None if there is none.

        It is looked for once: who sends the request asks, who waits for what is not ready, and
        requests, and a content may be large.
        """
        if not self._rules:
            return None
        if response not in self._found:
            found = (rule for rule in self._rules if rule.is_for(response))
            self._found[response] = next(found, None)
        return self._found[response]

    def __call__(self, response: requests.Response, *_: Any, **__: Any) -> None:
        """Called by requests with each answer.

        Raises:
            IgnoreResponseException: the list ends there, and that is no failure.
            ReadError: the file says that this is one; or the answer is neither a list nor leads to
                one, as by 304, which would be an empty list.
            requests.HTTPError: the status says so, and the file does not say otherwise.
        """
        rule = self.find(response)
        if rule is not None and rule.action.kind == "ignore":
            raise IgnoreResponseException
        if rule is not None and rule.action.kind == "fail":
            said = f": {rule.action.message}" if rule.action.message else f", by {rule.place}"
            raise ReadError(f"{redacted_url(response.url)} answered {response.status_code}{said}")
        response.raise_for_status()
        is_empty = self._since_cursor and response.status_code == NOT_MODIFIED
        if (elsewhere := _elsewhere(response)) and not is_empty:
            raise ReadError(elsewhere)


def is_condition(header: str) -> bool:
    """Whether a header asks for an answer only if there is something new."""
    return header.lower() in ("if-modified-since", "if-none-match")


def _elsewhere(response: requests.Response) -> str:
    """Why an answer is none; empty where it is one, or a redirect that is followed."""
    status = response.status_code
    if not 300 <= status < 400 or response.is_redirect:
        return ""
    said = f"{redacted_url(response.url)} answered {status} {response.reason or ''}".rstrip()
    if status != NOT_MODIFIED:
        return f"{said}, and does not say where else: write the address that has the list"
    if sent := [name for name in response.request.headers if is_condition(name)]:
        return f"{said}, as the request has {' and '.join(sent)}: take that out of headers"
    return (
        f"{said}, though nothing was asked for on that condition: a cache or proxy on the way takes"
        " the request for another one; ask the API itself. That is no empty list"
    )


def rule_for(response: requests.Response, request: requests.PreparedRequest) -> ResponseRule | None:
    """The rule of a request for its answer; None if there is none."""
    hooks = request.hooks.get("response", ())
    rules = next((hook for hook in hooks if isinstance(hook, ResponseRules)), None)
    return rules.find(response) if rules is not None else None


def _holds(content: str | None, place: str) -> Callable[[requests.Response], bool]:
    if content is None:
        return lambda _: True
    expression = expression_of(content)
    if expression is None:
        return lambda response: content in text_of(response)
    holds = predicate(expression, place)

    def is_so(response: requests.Response) -> bool:
        try:
            body = response.json()
        except ValueError:  # of an answer that is no JSON
            return False
        return holds(body)

    return is_so
