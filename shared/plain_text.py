"""Texts of strangers made fit for one line: no control characters, and the direction of their own letters only."""

import re

_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks, embeddings, overrides, isolates
_BREAKS = r"\t\n\v\f\r\x1c-\x1e\x85\u2028\u2029"
_SPACES = re.compile(rf"[{_BREAKS}]+")
_BREAK = re.compile(rf"[{_BREAKS}]")
_REMOVED = re.compile(rf"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufeff{_BIDI}]")


def one_line(text: str) -> str:
    """Return a text with line breaks as spaces, and without control characters or such as turn its direction."""
    return _REMOVED.sub("", _SPACES.sub(" ", text))


def visible(text: str) -> str:
    """Return a text as one line of the same length: what `one_line` removes stands as a replacement character."""
    return _REMOVED.sub("\ufffd", _BREAK.sub(" ", text))
