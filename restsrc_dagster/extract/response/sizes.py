"""How much of an answer is in memory at once, in bytes. Whoever asks takes them by this module."""

CHUNK = 1 << 18
"""requests itself reads a body in pieces of 10 kB, which takes longer than to get it."""
UNPACKED = 1 << 20
"""Of what is packed: a thousand times as much may be in a piece of it."""
AT_ONCE = 8_000_000
"""A larger answer, unpacked, is handed on in pieces; packed, it waits for that in a file."""
JSON_AT_ONCE = 32_000_000
"""The same of one JSON document, whose records are found most quickly in the whole."""
PIECE = 4_000_000
"""Of the unpacked answer; as Python's objects they are ten times as much."""
