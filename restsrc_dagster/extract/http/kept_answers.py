"""Answers of requests that create a job: given again in place of creating another one.

They are held to the request itself, whole: its method, address, params and body. A job of another
range was asked for by another request.
"""

import json
import threading
import time
from collections.abc import Callable, Collection
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from typing import Any

import requests
from requests.structures import CaseInsensitiveDict
from typing_extensions import Self

from restsrc_dagster.extract.response.body import take_json
from restsrc_dagster.extract.stats.traffic import Traffic

HEADERS = ("Content-Type", "Location", "Retry-After")
"""Those of an answer that say something of a job."""


@dataclass(frozen=True, kw_only=True)
class KeptAnswer:
    """A good answer to a request that created a job.

    Args:
        resource: who sent it.
        request: its digest.
        at: when it was answered, in seconds since 1970.
        url: that was asked.
        body: as text.
        now: up to when ranges were read that had no other end, likewise.
    """

    resource: str
    request: str
    at: float
    url: str
    status: int
    headers: dict[str, str]
    body: str
    now: float = 0.0

    @classmethod
    def of(cls, resource: str, digest: str, response: requests.Response, now: float) -> Self:
        """What is kept of an answer."""
        return cls(
            resource=resource,
            request=digest,
            at=time.time(),
            url=str(response.url),
            status=response.status_code,
            headers={name: response.headers[name] for name in HEADERS if name in response.headers},
            body=response.content.decode("utf-8", errors="replace"),
            now=now,
        )

    @classmethod
    def from_json(cls, kept: Any) -> Self:
        """As `as_json` gives it."""
        return cls(**kept)

    def as_json(self) -> dict[str, Any]:
        """For the state of a pipeline."""
        return asdict(self)

    def answer(self, request: requests.PreparedRequest) -> requests.Response:
        """The same answer again."""
        response = requests.Response()
        response.status_code, response.url, response.request = self.status, self.url, request
        response.headers = CaseInsensitiveDict(self.headers)
        response.encoding, response._content = "utf-8", self.body.encode()
        take_json(response)
        return response


@dataclass
class KeptAnswers:
    """Those of some resources. Thread-safe.

    Args:
        resources: names of those whose answers are kept, as they are asked for first.
        answers: what is kept already.
        late: names of those whose requests are known only on the way.
        keep: gets each answer to one of these at once, before anything is made of it.
        tell: gets those that are taken in place of another one.
        now: up to when ranges are read that have no other end, in seconds since 1970: another end
            is another job.

    Attributes:
        made: what was answered beside that.
        failures: what was raised in place of an answer, by the resource and the request.
        traffic: what it cost to get them, by the resource.
    """

    resources: Collection[str] = ()
    answers: list[KeptAnswer] = field(default_factory=list)
    made: list[KeptAnswer] = field(default_factory=list)
    failures: dict[tuple[str, str], Exception] = field(default_factory=dict)
    traffic: dict[str, Traffic] = field(default_factory=dict)
    late: Collection[str] = ()
    keep: Callable[[KeptAnswer], None] = lambda _: None
    tell: Callable[[KeptAnswer], None] = lambda _: None
    now: float = field(default_factory=time.time)
    _made_late: list[KeptAnswer] = field(default_factory=list, repr=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def again(self) -> "KeptAnswers":
        """For a reading that gets all of them once more."""
        return KeptAnswers(
            self.resources,
            [*self.answers, *self.made, *self._made_late],
            failures=dict(self.failures),
            traffic=self.traffic,
            late=self.late,
            keep=self.keep,
            tell=self.tell,
            now=self.now,
            _made_late=self._made_late,
        )

    def take(self, resource: str, request: requests.Request) -> KeptAnswer | None:
        """The answer of a request, once; raises what its sending has raised."""
        if resource not in self.resources and resource not in self.late:
            return None
        digest = digest_of(request)
        with self._lock:
            if (error := self.failures.pop((resource, digest), None)) is not None:
                raise error
            for kept in self.answers:
                if (kept.resource, kept.request) == (resource, digest):
                    self.answers.remove(kept)
                    if resource in self.late:
                        self.tell(kept)
                    return kept
        return None

    def note(self, resource: str, request: requests.Request, response: requests.Response) -> None:
        """A request of a resource was answered."""
        if resource not in self.resources and resource not in self.late:
            return
        kept = KeptAnswer.of(resource, digest_of(request), response, self.now)
        if resource in self.late:
            self.keep(kept)
        with self._lock:
            (self._made_late if resource in self.late else self.made).append(kept)

    def note_failure(self, resource: str, request: requests.Request, error: Exception) -> None:
        """A request of a resource was not answered well."""
        if resource in self.resources:
            with self._lock:
                self.failures[resource, digest_of(request)] = error


def digest_of(request: requests.Request) -> str:
    """What two requests for the same job have in common: what they send, and of whom. A record that
    has changed since, below a cursor that has seen it, wants another job."""
    asked = [request.method, request.url, request.params, request.json, request.data]
    # Set by `ListReader.begin`: the version of the parent that it is for.
    if version := getattr(request, "restsrc_version", ""):
        asked.append(version)
    text = json.dumps(asked, sort_keys=True, default=str)
    return blake2b(text.encode(), digest_size=16).hexdigest()
