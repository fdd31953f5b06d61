"""The server behind which one world after the other is put, and whose clock is theirs."""

from http.server import BaseHTTPRequestHandler

from restsrc_dagster_tests.support.api import Answer, Api, Asked
from restsrc_dagster_tests.worlds.serving import Serving


class LoopbackApi(Api):
    """A server that stays, while one world after the other is behind it."""

    def __init__(self) -> None:
        self.serving: Serving | None = None
        super().__init__()

    def answer(self, asked: Asked) -> Answer:
        if self.serving is None:
            return Answer({"message": "nothing here"}, status=404)
        return self.serving.answer(asked)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api, base = self, super()._handler()

        class Handler(base):  # type: ignore[misc,valid-type]
            def date_time_string(self, timestamp: float | None = None) -> str:
                return api.serving.date() if api.serving else super().date_time_string(timestamp)

        return Handler
