"""A first map from a log: tables of what customers did and the path that is drawn; real logs; hostile names."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from services.journey.domain.engine.alignment import TraceAligner
from services.journey.domain.maps.lint import lint_text
from services.journey.domain.maps.load import load_map
from shared.times import DAY, HOUR, rfc3339
from tests.shared_data import shared_path
from waypost.cli import app
from waypost.map_text import Head, map_text, quoted
from waypost.mining import Behaviour, Plan, plan
from waypost.publish import read_map_file

HEAD = Head("drawn", "log.csv", "person", 0.2)


def behaviour(*ways: tuple[int, str]) -> Behaviour:
    """Return what so many customers did: one letter an act, an hour apart."""
    found = Behaviour()
    for count, way in ways:
        for _ in range(count):
            found.add([(act, n * HOUR) for n, act in enumerate(way)])
    return found


def shape(drawn: Plan) -> list[str]:
    """Return a path in short: A, A? optional, A+ recurs, A|B one of them, A&B side by side."""
    joined = {"step": "", "any_order": "&", "choice": "|"}
    words = []
    for group in drawn.groups:
        each = [s.event + ("+" if s.recurs else "") + ("?" if s.optional else "") for s in group.steps]
        words.append(joined[group.kind].join(each) + ("?" if group.optional else ""))
    return words


@pytest.mark.parametrize(
    ("ways", "path"),
    [
        ([(10, "ABC")], ["A", "B", "C"]),
        ([(10, "ABC"), (90, "A")], ["A", "B", "C"]),  # 90 have not come so far yet: they say nothing about B
        ([(10, "ABC"), (10, "AC")], ["A", "B?", "C"]),
        ([(95, "ABC"), (5, "AC")], ["A", "B", "C"]),  # a few who left it out made a detour
        ([(10, "ABCD"), (10, "ACBD")], ["A", "B&C", "D"]),
        ([(95, "ABCD"), (5, "ACBD")], ["A", "B", "C", "D"]),
        ([(10, "ABD"), (10, "ACD")], ["A", "B|C", "D"]),
        ([(10, "ABD"), (10, "ACD"), (10, "AD")], ["A", "B|C?", "D"]),
        ([(10, "ABBC"), (10, "ABC")], ["A", "B+", "C"]),
        ([(10, "AB"), (90, "A")], ["A", "B?"]),  # most never came to the end: nobody shall be waited for
        ([(40, "ABC"), (1, "AXBC")], ["A", "B", "C"]),
        ([(3, "A")], ["A"]),
    ],
)
def test_a_path_is_drawn_from_what_customers_did(ways: list[tuple[int, str]], path: list[str]) -> None:
    assert shape(plan(behaviour(*ways), 0.05, 0.15)) == path


def test_what_comes_anywhere_has_no_place_of_its_own() -> None:
    ways = [(10, "XABCD"), (10, "AXBCD"), (10, "ABCXD"), (10, "ABCDX"), (10, "ABCD")]
    drawn = plan(behaviour(*ways), 0.2, 0.15)

    assert shape(drawn) == ["A", "B", "C", "D"]
    assert [event for event, _ in drawn.anytime] == ["X"]


def test_rare_events_are_left_out_and_named() -> None:
    drawn = plan(behaviour((40, "ABC"), (1, "ABXC")), 0.2, 0.15)

    assert drawn.left_out == (("X", 1 / 41),)
    assert "# X (2 %)." in map_text(drawn, HEAD)


@pytest.mark.parametrize(
    ("customers", "quantile", "limit"), [(100, 0.95, 4 * DAY), (40, 0.9, 4 * DAY), (20, 0.8, 4 * DAY), (13, None, None)]
)
def test_a_time_is_the_highest_quantile_that_so_many_can_tell(
    customers: int, quantile: float | None, limit: int | None
) -> None:
    found = Behaviour()
    for n in range(customers):
        found.add([("A", DAY), ("B", DAY + 3 * DAY + n * HOUR // 10)])
    wait = plan(found, 0.2, 0.15).steps[1].wait

    assert (wait and wait.quantile, wait and wait.limit) == (quantile, limit)


UNWRITABLE = ["line\nbreak", "\u202eevil", "  ", "x" * 256]
HOSTILE = ['"quoted"', "a: b # c", "😀", "{}", "- x", "\\", "ÄÖ", "%", "x" * 200, "null", "1e3"]


def test_names_of_strangers_make_a_map_that_reads_them_back() -> None:
    found = Behaviour()
    for _ in range(5):
        found.add([(name, n) for n, name in enumerate([*HOSTILE, *UNWRITABLE])])
    text = map_text(plan(found, 0.2, 0.15), Head("m", "a\nname: # x", "person", 0.2))
    map = load_map(text)

    assert not [problem for problem in lint_text(text) if problem.level == "error"]
    assert {matcher.event for step in map.steps.values() for matcher in step.match} == set(HOSTILE)
    assert len(map.steps) == len(HOSTILE)
    assert quoted('\x00"') == '"\\u0000\\""'


@pytest.mark.parametrize(
    ("log", "steps", "fits", "backwards"),
    [
        ("running-example.xes", 7, 0.99, 0.01),
        ("helpdesk.xes.gz", 5, 0.8, 0.01),
        ("sepsis.xes.gz", 8, 0.6, 0.01),
        ("shop_sessions.csv.gz", 8, 0.35, 0.25),
    ],
)
def test_of_a_real_log_it_is_published_as_it_is_and_explains_the_log_and_not_its_contrary(
    tmp_path: Path, log: str, steps: int, fits: float, backwards: float
) -> None:
    output = tmp_path / "map.yaml"
    words = ["map", "init", "--from", str(shared_path(f"data/{log}")), "--output", str(output)]
    ran = CliRunner().invoke(app, words, catch_exceptions=False)
    assert ran.exit_code == 0, ran.output
    map = read_map_file(output).map
    problems = lint_text(output.read_text())

    assert not [problem for problem in problems if problem.level == "error"]
    assert len(map.steps) >= steps
    assert "go without a detour" in ran.output
    forth, back = explained(map_of=output, log=shared_path(f"data/{log}"))
    assert forth >= fits
    assert back <= backwards


def explained(*, map_of: Path, log: Path) -> tuple[float, float]:
    """Return the share of first times in order, and backwards, that cost nothing on a map, of at most 200 journeys."""
    from waypost.commands.map_init import behaviour_of  # noqa: PLC0415
    from waypost.commands.traces import read_past  # noqa: PLC0415

    firsts = behaviour_of(read_past(log, lambda _: None))[1].firsts
    ways = [tuple(first) for first in firsts[:: max(1, len(firsts) // 200)]]
    aligner = TraceAligner(read_map_file(map_of).map)
    shares = [sum(not aligner.align(way[::step]).prefix_costs[-1] for way in ways) / len(ways) for step in (1, -1)]
    return shares[0], shares[1]


def lines(*ways: tuple[str, str], id: str = "userId") -> bytes:  # noqa: A002
    events = [
        {id: who, "event": event, "timestamp": rfc3339(20_000 * DAY + n * HOUR), "messageId": f"{who}-{n}"}
        for who, way in ways
        for n, event in enumerate(way)
    ]
    return b"\n".join(json.dumps(event).encode() for event in events)


def test_it_is_drawn_from_standard_input_too_zipped_or_not() -> None:
    log = lines(*((f"u{n}", "ABC") for n in range(5)))
    plain = CliRunner().invoke(app, ["map", "init", "--from", "-"], input=log)
    zipped = CliRunner().invoke(app, ["map", "init", "--from", "-"], input=gzip.compress(log))

    assert plain.exit_code == 0, plain.output
    assert [step.name for step in load_map(plain.stdout).steps.values()] == ["a", "b", "c"]
    assert "3 steps (0 optional) from 5 journeys; 0 event names left out." in plain.stderr
    assert zipped.stdout == plain.stdout


def test_a_log_of_accounts_makes_a_map_of_accounts(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(lines(*((f"a{n}", "AB") for n in range(5)), id="groupId"))
    ran = CliRunner().invoke(app, ["map", "init", "--from", str(log), "--name", "My Map!"])

    map = load_map(ran.stdout)
    assert (map.subject, map.name) == ("account", "my-map")


@pytest.mark.parametrize(
    ("content", "more", "said"),
    [
        (b"", [], "the file is empty"),
        (None, [], "cannot be opened"),
        (b"a,b\n1,2\n", [], "no column for the user"),
        (lines(("u", "A"), ("v", "B"), ("w", "C")), ["--share", "60"], "no event is in 60 % of the 3 journeys"),
        (b'{"type":"identify","userId":"u"}', [], "no touchpoint with an event"),
        (b"x,y", ["--timezone", "Mars/Base"], "Mars/Base"),
        (lines(("u", "A")), ["--output", "log"], "is there already"),
    ],
)
def test_what_no_map_can_be_drawn_from_is_said_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes | None, more: list[str], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("log").write_bytes(content)
    ran = CliRunner().invoke(app, ["map", "init", "--from", "log", *more])

    assert ran.exit_code == 2
    assert said in ran.output
    assert ran.output.splitlines()[-1].startswith("error: ")
