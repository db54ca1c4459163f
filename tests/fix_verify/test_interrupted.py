"""^C and SIGKILL in the middle of a proof: nothing stays, at once or after the next run."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import IO

import pytest

from fix_verify.conftest import Fix, Start, folders_left, left_in
from machines.engines import OwnEngine
from machines.images import BUSYBOX
from patience import patience

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

FILE = f"""\
services:
  worker:
    image: {BUSYBOX}
    command: sleep 600
    stop_signal: SIGKILL
    volumes: ["things:/things", "./settings:/settings:ro"]
volumes:
  things:
"""


QUICK = f"services: {{job: {{image: {BUSYBOX}, command: 'true', user: '1:1', read_only: true, cap_drop: [ALL]}}}}\n"
"""A project that has little to prove."""


@pytest.fixture
def quick(busybox_image: str, tmp_path: Path) -> Path:
    file = tmp_path / "quick.yaml"
    file.write_text(QUICK)
    return file


@pytest.fixture
def file(busybox_image: str, tmp_path: Path) -> Path:
    (tmp_path / "settings").mkdir()
    (tmp_path / "settings" / "one").write_text("1")
    file = tmp_path / "compose.yaml"
    file.write_text(FILE)
    return file


@pytest.mark.parametrize(
    ("number", "at"), [(signal.SIGINT, "trying"), (signal.SIGTERM, "trying"), (signal.SIGINT, "starting it as it is")]
)
def test_asked_to_end(
    own_engine: OwnEngine, start_fix: Start, file: Path, tmp_path: Path, number: int, at: str
) -> None:
    process = start_fix("--verify", str(file))
    wait_for(process.stderr, at)
    process.send_signal(number)
    _, err = process.communicate(timeout=patience(120))
    assert process.returncode == 130 and "interrupted" in err and "Traceback" not in err
    assert left_in(own_engine) == {} and folders_left(tmp_path) == []
    assert file.read_text() == FILE


def test_killed(own_engine: OwnEngine, start_fix: Start, fix: Fix, file: Path, quick: Path, tmp_path: Path) -> None:
    process = start_fix("--verify", str(file))
    wait_for(process.stderr, "trying")
    process.kill()
    process.communicate()
    assert {"container", "network", "volume"} & left_in(own_engine).keys() and folders_left(tmp_path), "it was killed"
    assert file.read_text() == FILE
    done = fix("--verify", "--dry-run", str(quick))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "removed what 1 earlier run left behind" in done.stderr
    assert left_in(own_engine) == {} and folders_left(tmp_path) == []


def test_one_that_runs_is_let_alone(own_engine: OwnEngine, start_fix: Start, fix: Fix, file: Path, quick: Path) -> None:
    process = start_fix("--verify", "--probe", "false", "--within", "200", str(file))  # it waits for that
    wait_for(process.stderr, "starting it as it is")
    done = fix("--verify", "--dry-run", str(quick))
    assert done.returncode == 0 and "left behind" not in done.stderr, done.stderr
    assert {"container", "network", "volume"} <= left_in(own_engine).keys(), "what the other one uses is still there"
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=patience(120))
    assert process.returncode == 130, err
    assert left_in(own_engine) == {}


def wait_for(lines: IO[str] | None, words: str) -> None:
    """Until it has said a line with these words."""
    assert lines is not None
    said = []
    for line in lines:
        said.append(line)
        if words in line:
            return
    raise AssertionError(f"it never said {words!r}: {''.join(said)}")
