"""Every command, the next one included: help with an example that works, and one line instead of a traceback."""

import os
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command
from typer.testing import CliRunner, Result

from tests.servers import free_ports
from tests.shared_data import ROOT
from waypost.cli import app

SERVES = {"up", "demo"}  # run until they are stopped; tests/e2e has what they say
NEEDS: dict[str, list[str]] = {  # what a command must be given, beside where the system is
    "backup": ["copy"],
    "restore": ["broken"],
    "simulate": ["--map", "file", "--customers", "3", "--out", "out", "--truth", "truth"],
    "import": ["file"],
    "replay": ["--map", "file", "--log", "file"],
    "customer show": ["user:1"],
    "customer delete": ["user:1"],
    "map lint": ["file"],
    "map init": ["--from", "file"],
    "map show": ["shop"],
    "map publish": [str(ROOT / "deploy" / "maps" / "shop.yaml")],
    "kpis check": ["file"],
    "kpis put": ["file"],
    "key create": ["--scope", "write", "--source", "web"],
    "key revoke": ["000000000000"],
    "dead-letters replay": ["--all"],
    "dead-letters dismiss": ["--all"],
    "alerts acknowledge": ["1"],
    "alerts snooze": ["1", "--for", "3d", "--reason", "later"],
    "alerts resolve": ["1", "--reason", "none"],
}
ANSWERS_ANYWAY = {"status", "doctor", "migrate", "backup", "replay", "map lint", "simulate"}  # say it in their own way


def commands(command: Any, name: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:  # noqa: ANN401 (the library's)
    """Yield every command by its full name."""
    if hasattr(command, "commands"):
        for word, each in command.commands.items():
            yield from commands(each, (*name, word))
    else:
        yield " ".join(name), command


COMMANDS = dict(commands(get_command(app)))


def takes(name: str, option: str) -> bool:
    return any(option in parameter.opts for parameter in COMMANDS[name].params)


def words_of(name: str, folder: Path, file: str = "none.csv") -> list[str]:
    words = [*name.split(), *(file if word == "file" else word for word in NEEDS.get(name, []))]
    words += ["--data", str(folder)] if takes(name, "--data") else []
    return words + (["--port", str(free_ports(4))] if takes(name, "--port") else [])


def ran(words: list[str], **environment: str) -> Result:
    clean: dict[str, str | None] = {name: None for name in os.environ if name.startswith("WAYPOST_")}
    return CliRunner().invoke(app, words, env={**clean, **environment})


def is_clear(result: Result) -> bool:
    """Say whether a command ended by itself, without a traceback."""
    ended = result.exception is None or isinstance(result.exception, SystemExit)
    return ended and "Traceback" not in result.output


@pytest.mark.parametrize("name", COMMANDS)
def test_help_has_an_example_whose_options_exist(name: str) -> None:
    help_text = COMMANDS[name].help
    examples = re.findall(r"(?:Examples?: |^ *)(waypost [^\n]+(?:\n +[^\n]+)?)", help_text, re.MULTILINE)

    assert examples, f"add `Example: waypost {name} …` to the command's docstring"
    for example in examples:
        options = [word for word in shlex.split(example.partition("&&")[0]) if word.startswith("--")]
        assert {option for option in options if not takes(name, option.split("=")[0])} == set(), example
    assert ran([*name.split(), "--help"]).exit_code == 0


@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - SERVES))
def test_with_nothing_running_it_says_so_in_one_line(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = ran(words_of(name, tmp_path / "none"), WAYPOST_WRITE_KEY="wk_x" * 5, WAYPOST_API_TOKEN="at_x" * 5)

    assert is_clear(result), result.output
    if name not in ANSWERS_ANYWAY:
        assert result.exit_code in (1, 2), result.output
        assert result.output.splitlines()[-1].startswith("error: ")


def nothing(_: Path) -> None:
    """Leave the folder empty."""


def broken_files(folder: Path) -> None:
    for name in ("keys.json", "key_hashes.json", "clock.json", "address.json"):
        (folder / name).write_text("{")
    for name in ("log", "ingest", "journey", "alerts"):
        (folder / f"{name}.db").write_bytes(b"no database " * 999)


def folders_for_files(folder: Path) -> None:
    for name in ("keys.json", "key_hashes.json", "clock.json", "log.db", "ingest.db"):
        (folder / name).mkdir()


@pytest.mark.parametrize("breaks", [nothing, broken_files, folders_for_files])
@pytest.mark.parametrize("name", sorted(COMMANDS.keys() - SERVES))
def test_on_a_broken_folder_it_ends_in_words(
    name: str, breaks: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    breaks(tmp_path / "data")
    result = ran(words_of(name, tmp_path / "data"))

    assert is_clear(result), (result.output, result.exception)
    if name not in ANSWERS_ANYWAY or (name == "migrate" and breaks is not nothing):
        assert result.exit_code in (1, 2), result.output
        assert result.output.splitlines()[-1].startswith("error: "), result.output


BAD: dict[str, bytes | None] = {
    "missing": None,
    "empty": b"",
    "binary": bytes(range(256)) * 50,
    "half gzip": b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\xff\x00",
    "half xml": b"<log><trace>",
    "nul": b"\x00" * 100,
    "one long line": b"x" * 2_000_000,
}


@pytest.mark.parametrize("content", BAD.values(), ids=BAD)
@pytest.mark.parametrize(
    "name", [name for name, words in NEEDS.items() if "file" in words] + ["map show", "map publish"]
)
def test_a_bad_file_is_named_and_no_traceback(
    name: str, content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("bad.yaml").write_bytes(content)
    words = [*name.split(), *("bad.yaml" if word == "file" else word for word in NEEDS.get(name, []))]
    if name in {"map show", "map publish"}:
        words[2:] = ["bad.yaml"]
    result = ran([*words, *(["--dry-run"] if name == "import" else [])])

    assert is_clear(result), (result.output, result.exception)
    assert result.exit_code in (1, 2)
    assert ("bad.yaml: cannot be " if content is None else "bad.yaml") in result.output


@pytest.mark.parametrize("name", [name for name, words in NEEDS.items() if "file" in words])
def test_a_folder_where_a_file_should_be_is_said(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").mkdir()
    result = ran(words_of(name, tmp_path / "none", "file"))

    assert is_clear(result), (result.output, result.exception)


MAP = str(ROOT / "deploy" / "maps" / "demo.yaml")
NUMBERS = [
    (name, parameter.opts[-1])
    for name, command in COMMANDS.items()
    if name not in SERVES
    for parameter in command.params
    if parameter.type_descriptor.annotation in (int, float) and parameter.opts[0].startswith("-")
]


@pytest.mark.parametrize("value", ["inf", "nan", "1e300", "9" * 30, "-1", "0"])
@pytest.mark.parametrize(("name", "option"), NUMBERS)
def test_a_number_out_of_its_range_is_said(
    name: str, option: str, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = ran([*words_of(name, tmp_path / "none", MAP), option, value])

    assert is_clear(result), (result.output, result.exception)
    if value in {"inf", "nan", "1e300"}:
        assert result.exit_code == 2
        assert option in result.output


@pytest.mark.parametrize("start", ["9999-12-31", "0001-01-01", "0001-01-01T00:00+23:59", "2200-01-02", "1969-12-31"])
def test_a_simulation_that_would_leave_the_calendar_is_refused(
    start: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = ran([*words_of("simulate", tmp_path, MAP), "--start", start])

    assert (result.exit_code, list(tmp_path.iterdir())) == (2, [])
    assert result.output.startswith(f"error: --start {start}: ")


def test_the_longest_and_latest_simulation_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    most = ["--start", "2200-01-01", "--days", "36500", "--lateness", "876000"]
    assert ran([*words_of("simulate", tmp_path, MAP), *most]).exit_code == 0
