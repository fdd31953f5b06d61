"""Messages between a launcher and a server: JSON behind four bytes that say how long it is."""

import json
import socket
import struct
from typing import Any

_LENGTH = struct.Struct("!I")
LONGEST = 1 << 22
"""Bytes of a message: an instance's reference takes a few thousand."""

Message = dict[str, Any]


class Garbled(ValueError):
    """What came is no message."""


def send(connection: socket.socket, message: Message) -> None:
    content = json.dumps(message).encode()
    connection.sendall(_LENGTH.pack(len(content)) + content)


def receive(connection: socket.socket) -> Message:
    """The next message.

    Raises:
        EOFError: the other side is gone.
        TimeoutError: it says nothing.
        Garbled: it says something else.
    """
    incoming = Incoming()
    while True:
        if (message := incoming.add(connection.recv(incoming.missing))) is not None:
            return message


class Incoming:
    """A message of which a part has come."""

    def __init__(self) -> None:
        self._content = b""

    @property
    def missing(self) -> int:
        """Bytes until the message, or its length, is there."""
        have = len(self._content)
        if have < _LENGTH.size:
            return _LENGTH.size - have
        (length,) = _LENGTH.unpack(self._content[: _LENGTH.size])
        if length > LONGEST:
            raise Garbled(f"a message of {length} bytes")
        return int(length) + _LENGTH.size - have

    def add(self, content: bytes) -> Message | None:
        """The message, if this was the rest of it; raises as `receive` does."""
        if not content:
            raise EOFError
        self._content += content
        if len(self._content) <= _LENGTH.size or self.missing:
            return None
        message, self._content = json.loads(self._content[_LENGTH.size :]), b""
        if not isinstance(message, dict):
            raise Garbled("a message that is no object")
        return message
