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
from restsrc_dagster.extract.response.url_redaction import redacted_url


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
    """

    def __init__(self, actions: Sequence[Mapping[str, Any]]) -> None:
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
            ReadError: the file says that this is one.
            requests.HTTPError: the status says so, and the file does not say otherwise.
        """
        rule = self.find(response)
        if rule is not None and rule.action.kind == "ignore":
            raise IgnoreResponseException
        if rule is not None and rule.action.kind == "fail":
            said = f": {rule.action.message}" if rule.action.message else f", by {rule.place}"
            raise ReadError(f"{redacted_url(response.url)} answered {response.status_code}{said}")
        response.raise_for_status()


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
        return lambda response: content in response.text
    holds = predicate(expression, place)

    def is_so(response: requests.Response) -> bool:
        try:
            body = response.json()
        except ValueError:  # of an answer that is no JSON
            return False
        return holds(body)

    return is_so
