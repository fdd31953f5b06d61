"""What is said arrives whole, and nothing else is taken for it."""

import socket
import struct

import pytest

from restsrc_dagster.orchestrate.forking.wire import Garbled, Incoming, receive, send


def test_a_message_arrives_in_whatever_pieces() -> None:
    one, other = socket.socketpair()
    with one, other:
        said = {"do": "launch", "order": {"run": "é" * 300}}
        send(one, said)
        incoming = Incoming()
        while (message := incoming.add(other.recv(min(7, incoming.missing)))) is None:
            pass
        assert message == said
        send(other, {})
        assert receive(one) == {}


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"GET / HTTP/1.1\r\n", Garbled),
        (struct.pack("!I", 2) + b"[]", Garbled),
        (struct.pack("!I", 4) + b"{}", EOFError),
        (b"", EOFError),
    ],
)
def test_what_is_no_message(content: bytes, error: type[Exception]) -> None:
    one, other = socket.socketpair()
    with one, other:
        one.sendall(content)
        one.close()
        with pytest.raises(error):
            receive(other)
