"""Typeform: forms, workspaces and themes in numbered pages, and the responses of each form.

`page_count` tells how many pages there are. Responses come newest first; `before` takes the token
of the last one, 1,000 of a page at most; `since` filters by `submitted_at`. Those that were not
completed are listed by `response_type` alone.
"""

from datetime import datetime
from typing import Any, ClassVar

from restsrc_dagster.demo.apis.known import Kind, Known, public
from restsrc_dagster.demo.apis.mock import SOON, ago, bearer, iso, refused
from restsrc_dagster.demo.apis.server import Asked
from restsrc_dagster.json_types import Record


def _named(number: int, _: datetime, text: str) -> Record:
    return {"id": f"f{number}", "title": text}


def _response(number: int, submitted: datetime, text: str) -> Record:
    answers = [{"type": "text", "text": text, "field": {"id": "q1"}}]
    form = {"_forms_id": f"f{number % 2}"}
    moment = iso(submitted)
    return {"token": f"t{number}", "submitted_at": moment, "answers": answers, **form}


class Typeform(Known):
    host = "api.typeform.com"
    environment: ClassVar = {"TYPEFORM_TOKEN": "t0ken", "TYPEFORM_SINCE": iso(ago(60))}
    kinds: ClassVar = {
        "workspaces": Kind(_named, ("id", "title")),
        "themes": Kind(_named, ("id", "title")),
        "forms": Kind(_named, ("id", "title"), 5),
        "responses": Kind(_response, ("token", "_forms_id"), 20, None),
    }

    def __init__(self) -> None:
        super().__init__()
        self._refuse_once = True

    def later(self) -> None:
        """A response shows half an hour late."""
        super().later()
        late = _response(99, ago(1.01), "late")
        self.held["responses"].insert(0, {**late, "submitted_at": iso(ago(0.02))})

    def __call__(self, asked: Asked) -> Any:
        if not bearer(asked):
            return _error(403, "AUTHENTICATION_FAILED", "Authentication credentials not found")
        if asked.params.get("page") == "2" and self._refuse_once:
            self._refuse_once = False
            return _error(429, "TOO_MANY_REQUESTS", "Request limit exceeded", **SOON)
        match asked.path.strip("/").split("/"):
            case ["forms", form, "responses"]:
                return self._responses(form, asked)
            case [name] if name in self.held:
                return self._numbered(name, asked)
        return _error(404, "NOT_FOUND", "Not found")

    def _numbered(self, name: str, asked: Asked) -> Any:
        size, page = int(asked.params.get("page_size", 10)), int(asked.params.get("page", 1))
        if size > 200:
            return _error(400, "VALIDATION_ERROR", "page_size must be at most 200")
        found = self.held[name]
        count = -(-len(found) // size)
        items = found[(page - 1) * size : page * size]
        return {"total_items": len(found), "page_count": count, "items": items}

    def _responses(self, form: str, asked: Asked) -> Any:
        size = int(asked.params.get("page_size", 25))
        start = asked.params.get("since", "") + "Z"
        every = [one for one in self.held["responses"] if one["_forms_id"] == form]
        found = sorted(
            (one for one in every if one["submitted_at"] >= start),
            key=lambda one: str(one["submitted_at"]),
            reverse=True,
        )
        if before := asked.params.get("before"):
            tokens = [one["token"] for one in found]
            found = found[tokens.index(before) + 1 :]
        count = -(-len(found) // size)
        items = [public(one) for one in found[:size]]
        return {"total_items": len(found), "page_count": count, "items": items}


def _error(status: int, code: str, description: str, **headers: str) -> Any:
    return refused(status, {"code": code, "description": description}, **headers)
