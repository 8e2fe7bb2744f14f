"""`waypost demo`: what was planted is found live, through the real services, and nothing else."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers import free_ports, until

pytestmark = pytest.mark.xdist_group("up")

WAYPOST = Path(sys.executable).with_name("waypost")


def environment(temporary: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith("WAYPOST_")}
    return kept | {"TMPDIR": str(temporary)}


def test_a_demo_finds_all_that_was_planted_and_nothing_else_and_leaves_nothing_behind(tmp_path: Path) -> None:
    command = [str(WAYPOST), "demo", "--for", "20s", "--seed", "7", "--json", "--port", str(free_ports(4))]
    done = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False, env=environment(tmp_path))

    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads(done.stdout)
    assert result["found"] == result["planted"]
    assert result["false"] == {"skips": 0, "stalls": 0}
    assert min(result["planted"].values()) >= 5
    assert result["customers"] > 50
    assert result["touchpoints"] > 10 * result["customers"] // 2
    assert result["alerts"] >= result["planted"]["stalls"]
    assert 0 < result["lag_p50_ms"] <= result["lag_p99_ms"]
    assert list(tmp_path.iterdir()) == []


def test_a_demo_without_an_end_shows_what_happens_until_ctrl_c(tmp_path: Path) -> None:
    output = tmp_path / "output"
    (tmp_path / "temporary").mkdir()
    with output.open("w") as out:
        process = subprocess.Popen(
            [WAYPOST, "demo", "--port", str(free_ports(4))],
            stdout=out,
            stderr=out,
            env=environment(tmp_path / "temporary"),
        )
    try:
        until(lambda: "  ! " in output.read_text(), 120, "a warning in the terminal")
        until(lambda: "  ◇ " in output.read_text(), 60, "a detour in the terminal")
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
    said = output.read_text()
    assert "Look on at http://127.0.0.1:" in said
    assert "on the way" in said
    assert "Traceback" not in said
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--json"], "--json needs --for"),
        (["--for", "soon"], "--for soon: a time of 10s at least"),
        (["--for", "1s"], "--for 1s: a time of 10s at least"),
    ],
)
def test_a_demo_that_cannot_be_is_refused_in_one_line(options: list[str], said: str) -> None:
    done = subprocess.run([WAYPOST, "demo", *options], capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2
    assert said in done.stderr
