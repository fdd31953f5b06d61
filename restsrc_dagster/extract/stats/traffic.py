"""What the requests of a resource cost."""

from dataclasses import dataclass


@dataclass
class Traffic:
    """What one resource cost so far.

    `requests` counts every try, `retries` those of a request that was tried before, `pages` the
    good answers. `seconds` is the sum over the requests, of which several may be under way at
    once. `bytes_received` are those of the bodies, decompressed.
    """

    requests: int = 0
    retries: int = 0
    pages: int = 0
    seconds: float = 0.0
    bytes_received: int = 0
