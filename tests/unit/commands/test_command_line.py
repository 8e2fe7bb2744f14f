"""How any command ends where the surroundings are poor: an old terminal, a full disk, a reader who went away."""

import os
import subprocess
import sys

import pytest

from tests.unit.commands.test_every_command import is_clear, ran

HEAVY = "fastapi sqlalchemy alembic httpx2 pydantic numpy services"


def run(script: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in which W is the command."""
    line = f'W() {{ {sys.executable} -m waypost "$@"; }}; {script}'
    return subprocess.run(
        ["bash", "-c", line], capture_output=True, text=True, timeout=60, check=False, env={**os.environ, **environment}
    )


@pytest.mark.parametrize(
    ("script", "code", "errors"),
    [
        ("W --help > /dev/full", 2, "error: cannot go on: No space left on device\n"),
        ("W --version > /dev/full", 2, "error: cannot go on: No space left on device\n"),
        ("W --help | true; exit ${PIPESTATUS[0]}", 1, ""),
        ("W --help | head -1 > /dev/null", 0, ""),
        ("W --version >&-", 0, ""),
        ("W nonsense 2> /dev/full", 2, ""),
    ],
)
def test_output_that_cannot_be_written_ends_it_with_at_most_one_line(script: str, code: int, errors: str) -> None:
    done = run(script)

    assert (done.stderr, done.returncode) == (errors, code)


def test_letters_that_an_encoding_lacks_fail_nothing() -> None:
    done = run(
        "W map show $'sch\\xc3\\xb6n.yaml'; W map show $'\\xff.yaml'; W customer x --help", PYTHONIOENCODING="ascii"
    )

    assert "error: schön.yaml: cannot be read" in done.stderr  # Typer takes UTF-8 where it is told ASCII
    assert "error: .yaml: cannot be read" in done.stderr
    assert "user:42, anonymous:\\u2026" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "words", [["customer", "\udcff"], ["map", "show", "\udcff"], ["alerts", "list", "--owner", "\udc80"]]
)
def test_an_argument_that_is_no_text_is_said(words: list[str]) -> None:
    result = ran([*words, "--port", "1"], WAYPOST_API_TOKEN="at_" + "x" * 20)

    assert is_clear(result), result.exception
    assert result.exit_code in (1, 2)
    assert result.output.count("\n") == 1


@pytest.mark.parametrize("host", ["999.9.9.9", "::zz", "a b", "a/b", ""])
@pytest.mark.parametrize("words", [["doctor"], ["migrate"]])
def test_a_host_that_cannot_be_is_a_wrong_setting(words: list[str], host: str, tmp_path: object) -> None:
    result = ran([*words, "--data", f"{tmp_path}/data"], WAYPOST_HOST=host)

    assert is_clear(result), result.exception
    assert result.exit_code in (1, 2)
    assert "WAYPOST_HOST: " in result.output


@pytest.mark.parametrize("module", ["waypost", "waypost.cli"])
def test_it_runs_as_a_module_and_imports_what_the_command_needs_alone(module: str) -> None:
    code = f"import runpy, sys; sys.argv[1:] = ['--version']; runpy.run_module({module!r}, run_name='__main__')"
    code = f"import sys\ntry: {code}\nexcept SystemExit: print({{*{HEAVY.split()}}} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False)

    assert done.stdout.splitlines()[0].startswith("waypost ")
    assert done.stdout.splitlines()[1:] == ["set()"]
