"""An API that answers faster than anybody asks, in a process of its own.

| path | answers |
|---|---|
| `/parents?count=N` | N parents, 1000 a page, linked by `next` |
| `/parents/<id>/child` | one child |
| `/rows?count=N&cursor=same` | N rows, 1000 a page, all of one cursor value |
| `/rows?count=N&cursor=distinct` | N rows, 1000 a page, each of a cursor value of its own |
| `/arrivals` | the seconds at which the requests for children came, which are forgotten then |
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = 1000
arrivals: list[float] = []


class _Connection(asyncio.Protocol):
    """As much of HTTP as a client needs that asks one thing after the other, without bodies."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, _, self._received = self._received.partition(b"\r\n\r\n")
            body = json.dumps(answer(head.split(b" ", 2)[1].decode())).encode()
            self._transport.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: "
                + str(len(body)).encode()
                + b"\r\n\r\n"
                + body
            )


def answer(target: str) -> Any:
    parts = urlsplit(target)
    if parts.path.endswith("/child"):
        arrivals.append(time.monotonic())
        return {"data": [{"id": int(parts.path.split("/")[2])}]}
    if parts.path == "/arrivals":
        told = arrivals.copy()
        arrivals.clear()
        return {"data": told}
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    count, first = int(query["count"]), int(query.get("from", 0))
    numbers = range(first, min(first + PAGE, count))
    same = query.get("cursor") == "same"
    records = [{"id": number, "at": 1 if same else number + 1, "text": "x"} for number in numbers]
    if numbers.stop < count:
        link = "&".join(f"{key}={value}" for key, value in query.items() if key != "from")
        return {"data": records, "next": f"{parts.path}?{link}&from={numbers.stop}"}
    return {"data": records}


@contextmanager
def serving() -> Iterator[str]:
    """The address of an API that ends with the block."""
    process = subprocess.Popen([sys.executable, __file__], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
    finally:
        process.kill()
        process.wait()


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(_Connection, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
