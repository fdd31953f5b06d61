"""A server on loopback that sends bytes, and not answers: heads, bodies and pauses of any kind."""

import json
import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from itertools import repeat
from typing import Any

from typing_extensions import Self

Script = Callable[[str], Iterable[bytes | float]]
"""Of a request's target, the bytes to send, and seconds to wait between them."""


class Wire:
    """Each path has a script; whatever has none is 404. `asked` are the targets, in order.

    The connection is closed behind each answer, so that what has no length ends somewhere.
    """

    def __init__(self, scripts: Mapping[str, Script | bytes]) -> None:
        self.scripts: dict[str, Script | bytes] = dict(scripts)
        self.asked: list[str] = []
        self._ended = threading.Event()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._thread = threading.Thread(target=self._accept, daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            target = _target(connection)
            self.asked.append(target)
            script = self.scripts.get(target.partition("?")[0], answer(b"{}", status="404 Gone"))
            for part in [script] if isinstance(script, bytes) else script(target):
                if self._ended.is_set():
                    return
                if isinstance(part, bytes):
                    connection.sendall(part)
                else:
                    self._ended.wait(part)


def _target(connection: socket.socket) -> str:
    """Of the request line, when the whole request is there."""
    head = b""
    while b"\r\n\r\n" not in head:
        piece = connection.recv(1 << 16)
        if not piece:
            raise ConnectionError
        head += piece
    head, _, body = head.partition(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    while len(body) < length:
        body += connection.recv(1 << 16)
    return head.split(b" ")[1].decode("latin-1")


def answer(
    body: Any,
    *,
    status: str | bytes = "200 OK",
    headers: Mapping[str, str | bytes] | None = None,
    length: bool = True,
) -> bytes:
    """A whole answer; a body that is no bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    lines = [b"HTTP/1.1 " + _bytes(status)]
    named = {"Content-Type": "application/json", "Connection": "close", **(headers or {})}
    if length:
        named["Content-Length"] = str(len(content))
    lines += [_bytes(name) + b": " + _bytes(value) for name, value in named.items()]
    return b"\r\n".join([*lines, b"", content])


def dripping(begins: bytes, drop: bytes, seconds: float) -> Script:
    """What begins well, and never ends: a drop each so many seconds."""

    def script(_: str) -> Iterator[bytes | float]:
        yield begins
        for one in repeat(drop):
            yield seconds
            yield one

    return script


def pouring(begins: bytes, piece: bytes) -> Script:
    """What begins well, and never ends, as fast as it is taken."""
    return lambda _: (begins if number == 0 else piece for number in _from_zero())


def _from_zero() -> Iterator[int]:
    number = 0
    while True:
        yield number
        number += 1


def _bytes(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
