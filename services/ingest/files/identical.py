"""Ids for rows that have none: the content, and how often the same content came before in the file.

So a second import of the file, or of a longer export of the same data, adds nothing (promise 2 of the architecture).
"""

import hashlib

import msgspec
import numpy as np
import numpy.typing as npt

RECENT = 1_000_000  # hashes kept as a set before they move to a sorted array of 8 bytes each

_encoder = msgspec.json.Encoder(order="deterministic")


class Occurrences:
    """Counts how often each content was seen, in about 8 bytes a row."""

    def __init__(self, recent: int = RECENT) -> None:
        """Begin with nothing seen; `recent` bounds the part kept as a set."""
        self._limit = recent
        self._recent: set[int] = set()
        self._settled: list[npt.NDArray[np.uint64]] = []
        self._repeated: dict[int, int] = {}

    def nth(self, content: int) -> int:
        """Return how often a 64-bit content has now been seen: 1 for the first time."""
        if content not in self._recent and not self._is_settled(content):
            self._recent.add(content)
            if len(self._recent) >= self._limit:
                self._settle()
            return 1
        count = self._repeated.get(content, 1) + 1
        self._repeated[content] = count
        return count

    def _is_settled(self, content: int) -> bool:
        for hashes in self._settled:
            at = int(np.searchsorted(hashes, np.uint64(content)))
            if at < len(hashes) and int(hashes[at]) == content:
                return True
        return False

    def _settle(self) -> None:
        """Move the recent hashes to a sorted array, merging arrays of like size, so that there are few."""
        merged = np.fromiter(self._recent, dtype=np.uint64, count=len(self._recent))
        merged.sort()
        while self._settled and len(self._settled[-1]) <= 2 * len(merged):
            merged = np.concatenate([self._settled.pop(), merged])
            merged.sort()
        self._settled.append(merged)
        self._recent = set()


def content_id(content: object, seen: Occurrences) -> str:
    """Return the message id of a row: its content and the number of its occurrence, in 128 bits."""
    digest = hashlib.blake2b(_encoder.encode(content), digest_size=16)
    count = seen.nth(int.from_bytes(digest.digest()[:8], "big"))
    if count > 1:
        digest.update(f"#{count}".encode())
    return f"row-{digest.hexdigest()}"
