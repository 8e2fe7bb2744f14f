"""CSV exports as people have them."""

import gzip
import time
from pathlib import Path

import pytest

from services.ingest.files.columns import parse_columns, plain_name
from services.ingest.files.opening import Event, FileError, Refusal
from services.ingest.files.read import EventFile, ReadOptions
from services.ingest.files.times import zone
from tests.shared_data import shared_path


def read(path: Path, options: ReadOptions | None = None) -> tuple[list[Event], list[Refusal]]:
    with EventFile(path, options) as file:
        rows = list(file.events())
    return [row for row in rows if isinstance(row, dict)], [row for row in rows if isinstance(row, Refusal)]


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "export.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_the_real_session_log_is_read_whole() -> None:
    with EventFile(shared_path("data/shop_sessions.csv.gz")) as file:
        assert file.columns() == {"user": "user_id", "event": "event", "time": "timestamp", "channel": "platform"}
        rows = [row for row in file.events() if isinstance(row, dict)]
    assert len(rows) == 31_106
    assert len({row["messageId"] for row in rows}) == 31_106, "the 30 identical rows are touchpoints of their own"
    assert rows[0] == {
        "type": "track",
        "event": "home",
        "userId": "user_0000",
        "messageId": rows[0]["messageId"],
        "timestamp": "2024-03-13T10:21:14Z",
        "channel": "desktop",
        "properties": {
            "session_id": "sess_000001",
            "acquisition_channel": "email",
            "user_cohort": "2024-01",
            "user_lifecycle": "returning",
        },
        "ordinal": 1,
    }


def test_reading_again_gives_the_same_ids(tmp_path: Path) -> None:
    text = "user,event,time\na,X,2026-01-01\na,X,2026-01-01\nb,Y,2026-01-02\n"
    once, again = (read(written(tmp_path, text))[0] for _ in range(2))
    assert once == again
    assert len({row["messageId"] for row in once}) == 3
    longer = read(written(tmp_path, text + "c,Z,2026-01-03\n"))[0]
    assert [row["messageId"] for row in longer[:3]] == [row["messageId"] for row in once]


def test_the_order_of_columns_does_not_change_an_id(tmp_path: Path) -> None:
    one = read(written(tmp_path, "user,event,time\na,X,2026-01-01\n"))[0]
    other = read(written(tmp_path, "time,user,event\n2026-01-01,a,X\n"))[0]
    assert one == other


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_delimiters_are_found(tmp_path: Path, delimiter: str) -> None:
    text = "user,event,time,note\na,X,2026-01-01,\nb,Y,2026-01-02,fine\n".replace(",", delimiter)
    assert [row["event"] for row in read(written(tmp_path, text))[0]] == ["X", "Y"]


@pytest.mark.parametrize(
    ("encoding", "seen"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("cp1252", "cp1252"), ("utf-16", "utf-16")],
)
def test_encodings_are_found(tmp_path: Path, encoding: str, seen: str) -> None:
    path = written(tmp_path, "user,event,time\njosé,Größe gewählt,2026-01-01\n".encode(encoding))
    with EventFile(path) as file:
        rows = list(file.events())
        assert file.csv is not None
        assert file.csv.encoding == seen
    assert isinstance(rows[0], dict)
    assert (rows[0]["userId"], rows[0]["event"]) == ("josé", "Größe gewählt")


def test_gzip_is_told_by_content(tmp_path: Path) -> None:
    path = written(tmp_path, gzip.compress(b"user,event,time\na,X,2026-01-01\n"))
    assert len(read(path)[0]) == 1


def test_quoted_fields_may_hold_delimiters_and_line_ends(tmp_path: Path) -> None:
    rows, refused = read(written(tmp_path, 'user,event,time,note\na,"X, Y",2026-01-01,"one\ntwo"\nb,Z,,\n'))
    assert [row["event"] for row in rows] == ["X, Y"]
    assert rows[0]["properties"] == {"note": "one\ntwo"}
    assert refused == [Refusal(4, "no time")]


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        (
            "Customer ID,Activity,Complete Timestamp,Resource",
            {"user": "Customer ID", "event": "Activity", "time": "Complete Timestamp"},
        ),
        (
            "case:concept:name,concept:name,time:timestamp",
            {"user": "case:concept:name", "event": "concept:name", "time": "time:timestamp"},
        ),
        (
            "anonymousId,event,timestamp,channel",
            {"anonymous": "anonymousId", "event": "event", "time": "timestamp", "channel": "channel"},
        ),
        (
            "companyId,user,action,ts,medium",
            {"user": "user", "account": "companyId", "event": "action", "time": "ts", "channel": "medium"},
        ),
        (
            "messageId,userId,eventName,createdAt",
            {"user": "userId", "event": "eventName", "time": "createdAt", "id": "messageId"},
        ),
    ],
)
def test_usual_column_names_are_recognised(tmp_path: Path, header: str, columns: dict[str, str]) -> None:
    with EventFile(written(tmp_path, f"{header}\n")) as file:
        assert file.columns() == columns


def test_columns_can_be_chosen(tmp_path: Path) -> None:
    path = written(tmp_path, "user,who,what,when it was,via\n1,a,X,2026-01-01,mail\n")
    options = ReadOptions(parse_columns("user=who, event=what,time=When It Was,channel=via"))
    rows, _ = read(path, options)
    assert (rows[0]["userId"], rows[0]["event"], rows[0]["channel"]) == ("a", "X", "mail")
    assert rows[0]["properties"] == {"user": "1"}


@pytest.mark.parametrize(
    ("content", "chosen", "said"),
    [
        ("a,b,c\n1,2,3\n", "", "no column for the user"),
        ("user,b,c\n1,2,3\n", "", "no column for the event"),
        ("user,event,c\n1,2,3\n", "", "no column for the time"),
        ("user,event,time\n", "user=nobody", "there is no such column"),
        ("user,event,time\n", "usr=user", "cannot read 'usr=user'"),
        ("user,event,time\n", "user", "cannot read 'user'"),
        ("", "", "is empty"),
        ("PK\x03\x04", "", "export it as CSV"),
        ('user,"' + "x" * 200_000 + '"', "", "no CSV header"),
        ('[{"event": "x"}]', "", "one event in each line"),
    ],
)
def test_a_file_that_cannot_be_read_says_why(tmp_path: Path, content: str, chosen: str, said: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(FileError, match=said):
        read(path, ReadOptions(parse_columns(chosen)))


def test_a_missing_file_and_a_cut_gzip_say_why(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be opened"):
        read(tmp_path / "nowhere.csv")
    rows = "".join(f"u{number},X,2026-01-01\n" for number in range(50_000))
    whole = gzip.compress(f"user,event,time\n{rows}".encode())
    with pytest.raises(FileError, match="broken or cut off"):
        read(written(tmp_path, whole[: len(whole) - 100]))


def test_bad_rows_are_refused_with_line_and_reason_and_the_others_are_read(tmp_path: Path) -> None:
    text = (
        "user,event,time\n"
        "a,X,2026-01-01\n"
        "a,,2026-01-01\n"
        ",X,2026-01-01\n"
        "a,X,soon\n"
        "a,X\n"
        "a,X,2026-01-01,more\n"
        "\n"
        "a,X\x00,2026-01-01\n"
        "a,X,03/04/2026\n"
        "b,Y,2026-01-02\n"
    )
    rows, refused = read(written(tmp_path, text))
    assert [row["userId"] for row in rows] == ["a", "b"]
    assert [(row.line, row.reason.partition(":")[0]) for row in refused] == [
        (3, "no event (column 'event' is empty)"),
        (4, "no customer"),
        (5, "not a time"),
        (6, "2 fields where the header has 3"),
        (7, "4 fields where the header has 3"),
        (9, "the row holds the character NUL"),
        (10, "'03/04/2026' may have the day or the month first"),
    ]


def test_a_quote_that_never_closes_loses_no_later_file_in_silence(tmp_path: Path) -> None:
    text = "user,event,time\n" + 'a,"X,2026-01-01\n' + "b,Y,2026-01-02\n" * 20_000
    rows, refused = read(written(tmp_path, text))
    assert any("a quote that is not closed?" in row.reason for row in refused)
    assert len(rows) + len(refused) > 5_000


def test_an_overlong_line_is_refused(tmp_path: Path) -> None:
    rows, refused = read(written(tmp_path, f"user,event,time\na,{'X' * 1_200_000},2026-01-01\nb,Y,2026-01-02\n"))
    assert [row["userId"] for row in rows] == ["b"]
    assert refused == [Refusal(2, "the line is too long")]


def test_naive_times_are_meant_in_the_zone_given(tmp_path: Path) -> None:
    text = "user,event,time\na,X,2026-07-01 12:00\na,X,2026-07-01T12:00Z\na,X,2026-10-25 02:30\na,X,2026-03-29 02:30\n"
    rows, refused = read(written(tmp_path, text), ReadOptions(naive=zone("Europe/Berlin")))
    assert [row["timestamp"] for row in rows] == ["2026-07-01T10:00:00Z", "2026-07-01T12:00:00Z"]
    assert ["twice" in row.reason for row in refused] == [True, False]
    assert "not at all" in refused[1].reason


def test_names_of_columns_are_compared_by_their_words() -> None:
    assert [plain_name(name) for name in (" Customer ID ", "customerId", "case:concept:name", "Event-Name")] == [
        "customer_id",
        "customer_id",
        "case_concept_name",
        "event_name",
    ]


def seconds_to_read(path: Path, rows: int) -> float:
    with path.open("w") as out:
        out.write("user,event,time\n")
        out.writelines(
            f"u{number % 1000},X,2026-01-01 00:{number % 60:02}:{number % 59:02}\n" for number in range(rows)
        )
    began = time.process_time()
    with EventFile(path) as file:
        count = sum(isinstance(row, dict) for row in file.events())
    assert count == rows
    return time.process_time() - began


def test_the_time_to_read_a_file_grows_as_its_rows_do(tmp_path: Path) -> None:
    few = seconds_to_read(tmp_path / "few.csv", 5_000)

    assert seconds_to_read(tmp_path / "many.csv", 50_000) < 3 * 10 * few
