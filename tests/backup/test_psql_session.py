"""The psql that stays open, as a shell of the host runs it, and what a container may have in its place."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

import dockworthy.backup
from patience import patience

SESSION = Path(dockworthy.backup.__file__).with_name("psql_session.sh").read_text()
DRIVER = """
r() { printf '[%s %s]\\n' "$2" "$3"; }
exec 3>&1
"""


def answers(tmp_path: Path, command: str, *, most: int) -> str:
    """Of a session in which one question is asked."""
    script = SESSION.replace("psql_most=524288", f"psql_most={most}")
    assert most == 524288 or script != SESSION
    words = f"psql_begin '{command}'; psql_send MARK; psql_answer MARK 20; ls -s \"$psql_folder/out\"; psql_end"
    done = subprocess.run(
        ["sh", "-c", f"{DRIVER}{script}\n{words}"],
        capture_output=True, text=True, check=True, timeout=patience(60), env={**os.environ, "TMPDIR": str(tmp_path)},
    )  # fmt: skip
    return done.stdout


def test_it_answers_up_to_the_mark(tmp_path: Path) -> None:
    said = answers(tmp_path, "echo one; echo two; cat", most=524288)
    assert "one\ntwo\n[0 ]" in said and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["yes", 'tr "\\\\000" x </dev/zero', "cat /dev/zero >&2"])
def test_what_writes_without_end_fills_no_disk(tmp_path: Path, command: str) -> None:
    said = answers(tmp_path, command, most=2048)
    assert "[1 " in said and list(tmp_path.iterdir()) == []
    assert int(said.splitlines()[-2].split()[0]) <= 1024 + 8
    assert ">&2" in command or "more than 1 MiB" in said
