"""Keys of a child that hang on another parent than in a run before.

Where only those parents are read that have changed, no single run may see that a key is unique only
within its parent: a record of one parent takes the place of another's. So dlt's state keeps a
sample of the keys, each with its parent; all of them while they are few, as such keys are.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Any
from zlib import crc32

STATE_KEY = "restsrc_parents"
SAMPLE = 500
"""Keys that are remembered: those of the smallest checksums."""
_ALL = 2**32


class ParentOfKey:
    """Looks at the keys of one resource.

    Args:
        state: dlt's of the resource; gets the sample, the digest of a parent by that of a key.
        of: the parent's fields that tell it from others (`parent_cursors.bound_to`); where they
            are not those of before, the sample begins anew.
    """

    def __init__(self, state: dict[str, Any], of: str) -> None:
        if state.get(STATE_KEY, {}).get("of") != of:
            state[STATE_KEY] = {"of": of, "keys": {}}
        self._sample: dict[str, str] = state[STATE_KEY]["keys"]
        self._before = dict(self._sample)
        self._below = _ALL
        self.stayed = 0
        self.moved: dict[Any, None] = {}
        """The keys that hung on another parent."""
        self._keep_few()

    def look(self, keys: Sequence[Any], parent: str) -> None:
        """Records have come; `parent` is the key of the one whose list it is."""
        for key in keys:
            text = str(key).encode()
            checksum = crc32(text)
            if checksum < self._below:
                self._note(f"{checksum:08x}{blake2b(text, digest_size=4).hexdigest()}", key, parent)

    @property
    def seems_shared(self) -> bool:
        """Whether more of the keys belong to several parents than have stayed with their own: a
        record that moves from one parent to another comes among others that do not."""
        return len(self.moved) > self.stayed

    def _note(self, digest: str, key: Any, parent: str) -> None:
        parent = parent[:8]
        if (before := self._before.get(digest)) is not None:
            if before == parent:
                self.stayed += 1
            else:
                self.moved.setdefault(key)
        self._sample[digest] = parent
        if len(self._sample) > SAMPLE:
            self._keep_few()

    def _keep_few(self) -> None:
        if len(self._sample) < SAMPLE:
            return
        kept = sorted(self._sample)[:SAMPLE]
        for digest in self._sample.keys() - set(kept):
            del self._sample[digest]
        self._below = int(kept[-1][:8], 16)
