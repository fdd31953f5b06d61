"""What an answer holds, by the words of JSON and of its records."""

from typing import Any

Json = Any
"""A value as it is decoded: None, a bool, a number, a text, a list or a dict of them."""
Record = dict[str, Json]
"""An object of a list that is read, by the names of its fields."""
