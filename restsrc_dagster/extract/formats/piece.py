"""What an answer is read into, piece by piece."""

from collections.abc import Iterator
from typing import Any

Records = list[Any]
Pieces = Iterator[Records]
