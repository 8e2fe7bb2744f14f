"""Segments: how the records of one append lie in rows of bounded size. A storage matter; no reader sees them.

The body is one msgpack array [keys, values, headers]: packed and unpacked in C at millions of records a second, and
readable by any msgpack library. `headers` is empty when no record of the segment has any.
"""

from collections.abc import Iterator, Sequence

import msgspec
from msgspec import Struct

from shared.log.event_log import Headers, NewRecord, Record

SEGMENT_RECORDS = 1000
SEGMENT_BYTES = 256 * 1024


class _Body(Struct, array_like=True, gc=False):
    keys: list[bytes]
    values: list[bytes]
    headers: list[Headers] = []


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Body).decode


def pack(records: Sequence[NewRecord]) -> bytes:
    """Return the body of one segment."""
    headers = [record.headers for record in records]
    return _encode(
        _Body([record.key for record in records], [record.value for record in records], headers if any(headers) else [])
    )


def unpack(topic: str, part: int, row: tuple[int, int, bytes], start: int, limit: int) -> list[Record]:
    """Return at most `limit` records of a segment (first, machine_at, body) from offset `start` on."""
    first, machine_at, raw = row
    body = _decode(raw)
    low = max(start - first, 0)
    high = low + limit
    keys, values, headers = body.keys[low:high], body.values[low:high], body.headers[low:high]
    offset = first + low
    if headers:
        return [
            Record(topic, part, offset + index, key, value, machine_at, header)
            for index, (key, value, header) in enumerate(zip(keys, values, headers, strict=True))
        ]
    return [
        Record(topic, part, offset + index, key, value, machine_at)
        for index, (key, value) in enumerate(zip(keys, values, strict=True))
    ]


def split(records: Sequence[NewRecord]) -> Iterator[Sequence[NewRecord]]:
    """Cut records into segments within both bounds; a record beyond SEGMENT_BYTES gets one of its own."""
    start = size = 0
    for index, record in enumerate(records):
        length = len(record.value) + len(record.key)
        if index > start and (size + length > SEGMENT_BYTES or index - start == SEGMENT_RECORDS):
            yield records[start:index]
            start, size = index, 0
        size += length
    if start < len(records):
        yield records[start:]
