"""Sending an import: batches, patience, progress, and what is said at the end."""

import gzip
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from services.ingest.files.read import EventFile
from shared.client import CannotReachError
from waypost.commands import import_send
from waypost.commands.import_closing import on_map, standing
from waypost.commands.import_judged import news, wait_until_judged
from waypost.commands.import_look import Look
from waypost.commands.import_progress import Progress, key_of
from waypost.commands.import_send import CannotSendError, Sender, batches, send_all
from waypost.commands.importing import complete
from waypost.commands.shown import Shown


@dataclass
class Answer:
    """An answer of a service."""

    status_code: int
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def is_success(self) -> bool:
        """Whether it is 200."""
        return self.status_code == 200

    def json(self) -> dict[str, Any]:
        """Return what it says."""
        return self.body


@dataclass
class RememberingIngest:
    """Takes every event that names no `Bad`; `moods` are answers given instead, in order."""

    moods: list[Answer | Exception] = field(default_factory=list)
    closes_after: int | None = None  # the row after which it knows the key no more
    events: list[dict[str, Any]] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)

    def request(self, method: str, service: str, path: str, **more: Any) -> Answer:  # noqa: ANN401 (the client's own)
        """Answer by mood, else take the events."""
        assert (method, service, path) == ("POST", "ingest", "/v1/touchpoints")
        if self.moods:
            mood = self.moods.pop(0)
            if isinstance(mood, Exception):
                raise mood
            return mood
        body = gzip.decompress(more["content"])
        events = json.loads(body)
        if self.closes_after is not None and events[0]["ordinal"] > self.closes_after:
            return Answer(401, {"message": "no"})
        self.sizes.append(len(body))
        self.events += [event for event in events if event["event"] != "Bad"]
        refused = [
            {"index": n, "event_id": "", "code": "x", "message": "it is bad"}
            for n, event in enumerate(events)
            if event["event"] == "Bad"
        ]
        return Answer(200, {"accepted": len(events) - len(refused), "refused": refused, "warnings": []})

    def refusal(self, _answer: Answer, service: str, *, writes: bool = False) -> str:
        """Say whose key it was."""
        return f"{service} refuses the {'write key' if writes else 'token'} of the folder"


def busy(after: str = "7") -> Answer:
    return Answer(429, {"message": "full"}, {"Retry-After": after})


def csv(folder: Path, rows: int, name: str = "X") -> Path:
    path = folder / "log.csv"
    path.write_text("user,event,time\n" + "".join(f"u{n},{name},2026-01-01\n" for n in range(rows)))
    return path


@dataclass
class Run:
    """One run of an import."""

    ingest: RememberingIngest
    waited: list[float] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    look: Look = field(default_factory=Look)
    patience_s: float = 60.0

    def send(self, path: Path, progress: Progress) -> Sender:
        """Send a file."""
        sender = Sender(self.ingest, self.said.append, self.waited.append, patience_s=self.patience_s)
        with EventFile(path) as file, Shown("test") as shown:
            send_all(file, sender, progress, self.look, shown)
        return sender


def test_everything_is_sent_once_in_batches_within_the_limits(tmp_path: Path) -> None:
    ingest = RememberingIngest()
    sender = Run(ingest).send(csv(tmp_path, 1234), Progress.open(tmp_path, "k"))
    assert sender.sent == 1234
    assert len({event["messageId"] for event in ingest.events}) == 1234
    assert len(ingest.sizes) == 3


def test_large_events_make_small_batches(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    event = {"event": "X", "userId": "u", "timestamp": "2026-01-01", "properties": {"text": "x" * 30_000}}
    path.write_text("\n".join(json.dumps(event | {"messageId": str(n)}) for n in range(40)))
    ingest = RememberingIngest()
    assert Run(ingest).send(path, Progress.open(tmp_path, "k")).sent == 40
    assert len(ingest.sizes) > 3
    assert max(ingest.sizes) <= import_send.MAX_BYTES + 2


def test_a_full_log_is_waited_for_as_long_as_it_asks(tmp_path: Path) -> None:
    run = Run(RememberingIngest([busy("7"), busy("0.5"), busy("never")]))
    assert run.send(csv(tmp_path, 3), Progress.open(tmp_path, "k")).sent == 3
    assert run.waited == [7.0, 0.5, pytest.approx(0.8)]
    assert run.said == ["Trying again: ingest answers 429: full"]


def test_a_service_that_is_down_is_tried_again_with_longer_pauses(tmp_path: Path) -> None:
    moods: list[Answer | Exception] = [
        CannotReachError("away"),
        Answer(503, {"message": "no disk"}),
        CannotReachError("away"),
    ]
    run = Run(RememberingIngest(moods))
    assert run.send(csv(tmp_path, 3), Progress.open(tmp_path, "k")).sent == 3
    assert run.waited == [pytest.approx(0.2), pytest.approx(0.4), pytest.approx(0.8)]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer(401, {"message": "no"}), "ingest refuses the write key of the folder"),
        (Answer(400, {"message": "broken"}), "400: broken"),
    ],
)
def test_what_waiting_cannot_mend_ends_the_import(tmp_path: Path, answer: Answer, said: str) -> None:
    run = Run(RememberingIngest([answer]))
    with pytest.raises(CannotSendError, match=said):
        run.send(csv(tmp_path, 3), Progress.open(tmp_path, "k"))
    assert run.waited == []


def test_patience_has_an_end(tmp_path: Path) -> None:
    run = Run(RememberingIngest([CannotReachError("away")]), patience_s=0.0)
    with pytest.raises(CannotSendError, match=r"away; given up .* continues later"):
        run.send(csv(tmp_path, 3), Progress.open(tmp_path, "k"))


def test_an_import_that_broke_off_is_continued_where_it_ended(tmp_path: Path) -> None:
    path = csv(tmp_path, 2_600)
    broken = Run(RememberingIngest(closes_after=1_000))
    with pytest.raises(CannotSendError):
        broken.send(path, Progress.open(tmp_path, "k"))
    again = Progress.open(tmp_path, "k")
    assert again.sent == 1_000
    ingest = RememberingIngest()
    sender = Run(ingest).send(path, again)
    assert sender.sent == 2_600 - again.skipped
    assert min(event["ordinal"] for event in ingest.events) == again.skipped + 1
    again.finish()
    assert Progress.open(tmp_path, "k").sent == 0
    assert list((tmp_path / "imports").iterdir()) == []


def test_refused_events_are_named_by_their_row(tmp_path: Path) -> None:
    path = csv(tmp_path, 700)
    path.write_text(path.read_text().replace("u600,X", "u600,Bad"))
    sender = Run(RememberingIngest()).send(path, Progress.open(tmp_path, "k"))
    assert (sender.sent, sender.refused) == (699, [(601, "it is bad")])


def test_progress_that_cannot_be_read_is_none(tmp_path: Path) -> None:
    progress = Progress.open(tmp_path, "k")
    progress.reached(5)
    assert Progress.open(tmp_path, "k").sent == 5
    progress.path.write_text("{")
    assert Progress.open(tmp_path, "k").sent == 0
    progress.path.write_text('{"sent": -3}')
    assert Progress.open(tmp_path, "k").sent == 0


def test_another_file_option_or_system_is_another_import(tmp_path: Path) -> None:
    path = csv(tmp_path, 3)
    same = {key_of(path, "a", "b") for _ in range(2)}
    assert len(same) == 1
    assert len({*same, key_of(path, "a", "c"), key_of(path, "ab", ""), key_of(csv(tmp_path, 4), "a", "b")}) == 4


def test_batches_without_what_was_sent_still_look_at_everything(tmp_path: Path) -> None:
    look = Look()
    with EventFile(csv(tmp_path, 10)) as file:
        rows = [row for batch in batches(file, look, 7) for row, _ in batch]
    assert rows == [8, 9, 10]
    assert look.events == 10


@dataclass
class AnsweringServices:
    """Answers each path with the next of its answers, the last for ever."""

    answers: dict[str, list[Any]]

    def get(self, service: str, path: str, **_params: Any) -> Any:  # noqa: ANN401 (the client's own)
        """Answer a path."""
        waiting = self.answers[service + path]
        found = waiting.pop(0) if len(waiting) > 1 else waiting[0]
        if isinstance(found, Exception):
            raise found
        return found


def waited(*statuses: dict[str, Any] | Exception, patience_s: float = 60.0) -> tuple[str, int]:
    pauses: list[float] = []
    wait: Callable[[float], None] = pauses.append
    with Shown("judging") as shown:
        journey = AnsweringServices({"journey/v1/status": list(statuses)})
        wrong = wait_until_judged(journey, shown, wait, patience_s=patience_s)
    return wrong, len(pauses)


def test_the_end_is_when_journey_has_judged_all() -> None:
    far, map, done = {"behind": 900}, {"behind": 0, "waiting_for_map": 3}, {"behind": 0, "unjudged_customers": 0}
    assert waited(far, map, done) == ("", 2)
    assert waited(done | {"unjudged_customers": 2}) == (
        "2 customers could not be judged; their touchpoints are kept",
        0,
    )


def test_a_journey_service_that_is_away_for_a_while_is_waited_for() -> None:
    assert waited(CannotReachError("away"), {"behind": 0}) == ("", 1)
    with pytest.raises(CannotReachError):
        waited(CannotReachError("away"), patience_s=-1.0)


def test_progress_that_cannot_be_kept_does_not_stop_an_import(tmp_path: Path) -> None:
    (tmp_path / "imports").write_text("a file where the folder should be")
    progress = Progress.open(tmp_path, "k")
    assert Run(RememberingIngest()).send(csv(tmp_path, 3), progress).sent == 3
    progress.finish()


def test_a_journey_service_that_stands_still_is_told() -> None:
    wrong, _ = waited({"behind": 5, "wrong": "no disk"}, patience_s=-1.0)
    assert "5 records behind" in wrong
    assert "no disk" in wrong


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (0.0, 0.0, "9 new; 0 there already, which still count once."),
        (5.0, 9.0, "5 new; 4 there already, which still count once."),
        (5.0, 99.0, "0 new; 9 there already, which still count once."),
        (5.0, 1.0, "What was there already, from an earlier import, still counts once."),
        (None, 1.0, "What was there already, from an earlier import, still counts once."),
    ],
)
def test_what_is_new_is_told_from_what_was_there(before: float | None, after: float | None, said: str) -> None:
    assert news(9, before, after) == said


POSITIONS = {
    "map": "shop",
    "version": 2,
    "as_of": "2026-11-30T10:00:00.5Z",
    "open": 3,
    "states": {"open": 3, "completed": 1, "lost": 0},
    "steps": {"a": {"here": 1, "stalled": 0}, "b": {"here": 2, "stalled": 1}},
}
SHOP = {"yaml": "map: shop\npath: [{step: a, match: Came}, {step: b, title: Buy, match: Bought}]\n"}


def test_the_summary_says_who_is_where() -> None:
    assert on_map(POSITIONS, {"b": "Buy"}) == [
        "Map shop, version 2: 4 journeys: 3 open, 1 completed",
        "        2 at Buy; 1 waits too long for it",
        "        1 at a",
    ]
    assert on_map(POSITIONS | {"states": {"open": 1}}, {})[0] == "Map shop, version 2: 1 journey: 1 open"


def told(
    events: dict[str, int], only: str | None = None, **answers: list[Any] | Exception
) -> tuple[list[str], list[float]]:
    """Return what is said at the end of an import, and how often it was waited."""
    pauses: list[float] = []
    status = {"behind": 0, "now": "2026-11-30T10:00:00Z", "on_no_map": {"customers": 0}}
    asked: dict[str, list[Any]] = {
        "journey/v1/status": [status],
        "journey/v1/maps": [{"maps": [{"map": "shop"}]}],
        "journey/v1/maps/shop": [SHOP],
        "journey/v1/maps/shop/positions": [POSITIONS],
        "alerts/v1/status": [{"behind": 0}],
        "alerts/v1/alerts/summary": [{"open": 0}],
    }
    for path, answer in answers.items():
        asked[path.replace("__", "/")] = answer if isinstance(answer, list) else [answer]
    return list(standing(AnsweringServices(asked), only, Counter(events), pauses.append)), pauses


def test_all_maps_are_told_where_none_was_given() -> None:
    said, _ = told({"Came": 2})
    assert said == [
        *on_map(POSITIONS, {"b": "Buy"}),
        "A stall heard of long after it was due (WAYPOST_HISTORICAL_DAYS) is historical and raises no alarm.",
        "Nobody here is on no map.",
    ]
    assert told({}, "another")[0] == ["Nobody here is on no map."]
    assert "No map is published" in told({}, journey__v1__maps=[{"maps": []}])[0][0]


def test_who_is_on_no_map_is_told_and_which_events_no_map_knows() -> None:
    status = {"now": "2026-11-30T10:00:00Z", "on_no_map": {"customers": 1}}
    said, _ = told({"came": 3, "Came": 2, "Looked": 1}, journey__v1__status=[status])
    assert said[-2:] == [
        "1 customer here is on no map: `waypost status` says more.",
        "No map knows 2 event names of the file: `came` (did you mean `Came`?) (3), `Looked` (1).",
    ]
    many = told({f"Event {n}": 1 for n in range(7)})[0][-1]
    assert many.startswith("No map knows 7 event names of the file: `Event 0` (1), ")
    assert many.endswith(" and 2 more.")


def test_what_raised_an_alarm_is_told_once_all_facts_are_read() -> None:
    behind = [{"behind": 4}, {"behind": 0}]
    said, pauses = told({}, alerts__v1__status=behind, alerts__v1__alerts__summary=[{"open": 2}])
    assert said[-1] == "2 alerts are open: `waypost alerts list`."
    assert len(pauses) == 1
    assert told({}, alerts__v1__status=CannotReachError("away"))[0][-1] == "Nobody here is on no map."


def test_numbers_that_were_counted_before_the_end_are_not_told() -> None:
    old = POSITIONS | {"as_of": "2026-11-30T09:59:59Z", "states": {"open": 1}}
    said, pauses = told({}, journey__v1__maps__shop__positions=[old, old, POSITIONS])
    assert "4 journeys" in said[0]
    assert len(pauses) == 2


def test_who_may_do_one_of_several_steps_is_explained_where_that_is_so() -> None:
    steps = {"a": {"here": 3, "stalled": 0}, "b": {"here": 2, "stalled": 0}}
    said, _ = told({}, journey__v1__maps__shop__positions=[POSITIONS | {"steps": steps}])
    assert said[-2:] == ["Who may do one of several steps is counted at each.", "Nobody here is on no map."]


def test_commands_to_copy_find_the_same_system() -> None:
    assert complete("2 alerts are open: `waypost alerts list`.", " --data /x") == (
        "2 alerts are open: `waypost alerts list --data /x`."
    )
    assert complete("as in `waypost import FILE --map MAP`", " --data /x") == "as in `waypost import FILE --map MAP`"
