"""Sealing: stamps that never fall, records in their partition, dead letters that can be replayed."""

import json
from typing import Any

import msgspec
import pytest

from services.ingest.accept.replaying import again
from services.ingest.accept.sealer import Sealer
from services.ingest.accept.submission import Submission, draft_all
from services.ingest.domain.limits import EVENT_BYTES
from services.ingest.domain.parcel import read_batch
from services.ingest.domain.refusal import Reason
from shared.clock import DAY, HOUR, MINUTE, SECOND, SteppedClock
from shared.events import Touchpoint, decode_dead_letter, decode_touchpoint, encode, partition_of
from shared.log.dead_letters import Letter
from shared.log.event_log import DEAD_LETTERS, TOUCHPOINTS, Append, NewRecord, Record
from shared.times import rfc3339

NOW = 1_795_283_847 * SECOND
TRACK: dict[str, Any] = {"type": "track", "event": "Paid", "userId": "u", "messageId": "m"}


def submission(*events: dict[str, Any], sent: int | None = None) -> Submission:
    """Return the events of a batch, drafted."""
    body: dict[str, Any] = {"batch": events}
    if sent is not None:
        body["sentAt"] = rfc3339(sent)
    return draft_all("acme", "web", "/v1/batch", read_batch(json.dumps(body).encode()))


def at(time: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 (any JSON)
    return TRACK | {"timestamp": rfc3339(time)} | more


def sealed(*group: Submission, now: int = NOW, speed: float = 1.0, partitions: int = 1) -> list[Append]:
    return Sealer(SteppedClock(now, speed), partitions)(group)


def touchpoints(appends: list[Append]) -> list[Touchpoint]:
    return [decode_touchpoint(record.value) for a in appends if a.topic == TOUCHPOINTS for record in a.records]


def letters(appends: list[Append]) -> list[NewRecord]:
    return [record for a in appends if a.topic == DEAD_LETTERS for record in a.records]


def test_a_stamp_says_when_it_came_and_when_it_happened() -> None:
    [found] = touchpoints(sealed(submission(at(NOW - HOUR))))

    assert (found.received_at, found.occurred_at, found.original_at) == (NOW, NOW - HOUR, NOW - HOUR)


def test_what_came_without_a_time_happened_when_it_came() -> None:
    [found] = touchpoints(sealed(submission(TRACK, sent=NOW - DAY)))

    assert (found.occurred_at, found.original_at) == (NOW, 0)


def test_a_clock_that_is_behind_is_corrected_and_the_order_stays() -> None:
    found = touchpoints(sealed(submission(at(NOW - 3 * HOUR), at(NOW - 2 * HOUR, messageId="n"), sent=NOW - 2 * HOUR)))

    assert [t.occurred_at for t in found] == [NOW - HOUR, NOW]
    assert [t.original_at for t in found] == [NOW - 3 * HOUR, NOW - 2 * HOUR]


def test_events_that_say_one_by_one_when_they_were_sent_share_one_correction() -> None:
    events = [
        {k: v for k, v in at(NOW - n * MINUTE).items() if k != "timestamp"}
        | {"originalTimestamp": rfc3339(NOW - n * MINUTE), "sentAt": rfc3339(NOW - HOUR + n)}
        for n in (3, 2, 1)
    ]
    found = touchpoints(sealed(submission(*events)))

    assert [t.occurred_at - t.original_at for t in found] == [HOUR - 3] * 3


def test_received_at_never_falls_though_the_clock_does_nor_over_a_restart() -> None:
    clock = SteppedClock(NOW)
    sealer = Sealer(clock, 1)
    stamps = []
    for step in (0, -HOUR, 0, 2 * HOUR):
        clock.step(step)
        stamps += [t.received_at for t in touchpoints(sealer([submission(TRACK)]))]
    [restarted] = touchpoints(Sealer(SteppedClock(NOW), 1, last=NOW + DAY)([submission(TRACK)]))

    assert stamps == [NOW, NOW, NOW, NOW + HOUR]
    assert restarted.received_at == NOW + DAY


def test_records_lie_in_the_partition_of_the_strongest_id() -> None:
    events = [TRACK | {"userId": f"u{n}", "anonymousId": "same"} for n in range(40)]
    appends = sealed(submission(*events), partitions=4)

    assert {a.part for a in appends} == {0, 1, 2, 3}
    for append in appends:
        for record in append.records:
            [user, _] = decode_touchpoint(record.value).ids
            assert record.key == f"acme\0user:{user[1]}".encode()
            assert append.part == partition_of("acme", user, 4)


def test_what_names_an_account_alone_lies_in_its_partition() -> None:
    group = {"type": "group", "groupId": "g", "messageId": "m"}
    [append] = sealed(submission(group), partitions=64)

    assert append.records[0].key == b"acme\0account:g"
    assert append.part == partition_of("acme", ("account", "g"), 64)


def test_several_requests_share_a_group_and_each_learns_its_own() -> None:
    good, bad = submission(at(NOW)), submission(at(1), at(NOW, messageId="n"))
    appends = sealed(good, bad)

    assert [t.event_id for t in touchpoints(appends)] == ["m", "n"]
    assert (good.accepted, good.letters) == (1, [])
    assert (bad.accepted, [(n.index, n.code) for n in bad.letters]) == (1, [(0, Reason.TOO_OLD)])


def test_sealing_again_tells_the_same() -> None:
    request = submission(at(1), at(NOW))
    sealer = Sealer(SteppedClock(NOW), 1)
    sealer([request])
    sealer([request])

    assert request.accepted == 1
    assert len(request.letters) == 1


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (at(1), Reason.TOO_OLD),
        (at(NOW + DAY + SECOND), Reason.IN_FUTURE),
        (at(NOW, properties={"a": "x" * EVENT_BYTES}), Reason.TOO_LARGE),
        (at(NOW, context={"a": "x" * EVENT_BYTES}), Reason.TOO_LARGE),
        (at(NOW, userId=None), Reason.NO_IDENTITY),
    ],
)
def test_a_bad_event_lies_whole_among_the_dead_letters_of_the_same_commit(
    event: dict[str, Any], reason: Reason
) -> None:
    request = submission(at(NOW), event)
    appends = sealed(request)
    [record] = letters(appends)
    letter = decode_dead_letter(record.value)

    assert len(touchpoints(appends)) == 1
    assert record.key == b"acme"
    assert (letter.tenant, letter.source, letter.event_id, letter.reason) == ("acme", "web", "m", reason)
    assert (letter.stage, letter.door) == ("ingest", "/v1/batch")
    assert json.loads(letter.body) == event
    assert letter.error == request.letters[0].message


def test_an_event_that_is_no_text_is_kept_as_well_as_it_can_be() -> None:
    request = draft_all("acme", "web", "/v1/batch", read_batch(b'{"batch":[{"event":"\xff"}]}'))
    [record] = letters(sealed(request))

    assert decode_dead_letter(record.value).body == '{"event":"\ufffd"}'


def replayed(record: NewRecord, now: int, event: dict[str, Any] | None = None) -> list[Touchpoint]:
    """Return what a replay of a letter stores, its body mended where an event is given."""
    content = decode_dead_letter(record.value)
    if event is not None:
        content = msgspec.structs.replace(content, body=json.dumps(event))
    as_read = Record(DEAD_LETTERS, 0, 0, record.key, encode(content), NOW, record.headers)
    tried = again(Letter(as_read, content))
    assert isinstance(tried, Submission)
    return touchpoints(sealed(tried, now=now))


def test_a_replay_stamps_as_the_first_time_would_have() -> None:
    bare = {k: v for k, v in TRACK.items() if k != "messageId"} | {"userId": None}
    request = submission(TRACK, bare, at(NOW - 3 * HOUR, userId=None), sent=NOW - HOUR)
    without_time, with_time = letters(sealed(request))
    event_id = request.letters[0].event_id

    [first] = replayed(without_time, NOW + DAY, bare | {"userId": "u"})
    [second] = replayed(with_time, NOW + DAY, at(NOW - 3 * HOUR))

    assert (first.received_at, first.occurred_at, first.ordinal, first.event_id) == (NOW + DAY, NOW, 1, event_id)
    assert (second.occurred_at, second.ordinal, second.event_id) == (NOW - 2 * HOUR, 2, "m")


def test_a_replay_that_fails_leaves_no_second_letter() -> None:
    [record] = letters(sealed(submission(at(1))))
    content = decode_dead_letter(record.value)
    tried = again(Letter(Record(DEAD_LETTERS, 0, 0, b"", record.value, NOW, record.headers), content))

    assert isinstance(tried, Submission)
    assert sealed(tried) == []
    assert tried.letters[0].code == Reason.TOO_OLD
