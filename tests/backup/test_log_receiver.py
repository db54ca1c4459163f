"""The receiver of a log: its program, and what a server is told of its password."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

from dockworthy.backup import log_receiver
from dockworthy.backup.log_receiver import scram
from dockworthy.host_scripts import HostScript
from patience import patience

from .repositories import program

SCRIPT = HostScript(log_receiver.__package__ or "", "receive_log.sh")


def test_a_password_as_postgresql_keeps_it() -> None:
    """The example of RFC 7677."""
    salt = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$x:y"
    made = scram("pencil", salt)
    assert made == (
        "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY="
        ":wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU="
    )
    assert scram("pencil", made) == made and scram("pen", made) != made
    assert scram("pencil") != scram("pencil"), "with a salt of its own"


def test_it_receives_only_where_there_is_room(tmp_path: Path) -> None:
    free = tmp_path / "free"
    free.write_text("5000")
    tools = program(tmp_path / "bin", "df", f"echo head; echo fs 1 1 $(cat {free}) 1% /log")
    program(
        tools,
        "pg_receivewal",
        f'echo $$ >{tmp_path}/p; mv {tmp_path}/p {tmp_path}/pid; echo "$@" >>{tmp_path}/called; exec sleep 1000',
    )
    program(tools, "sleep", 'case $1 in 5) exec /bin/sleep 0.05 ;; *) exec /bin/sleep "$@" ;; esac')
    words = ["sh", "-c", SCRIPT.bare, "receive_log", "slot", "db", "5432", "dockworthy_log", "1000"]
    process = subprocess.Popen(
        words, env={**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}, stderr=subprocess.PIPE, text=True
    )
    try:
        until(lambda: (tmp_path / "called").exists() and "--slot" in (tmp_path / "called").read_text())
        assert "--slot=slot --synchronous" in (tmp_path / "called").read_text()
        first = int((tmp_path / "pid").read_text())
        os.kill(first, signal.SIGKILL)
        until(lambda: (tmp_path / "called").read_text().count("--slot") == 2)
        free.write_text("999")
        second = int((tmp_path / "pid").read_text())
        until(lambda: not Path(f"/proc/{second}").exists())
        free.write_text("1000")
        until(lambda: (tmp_path / "called").read_text().count("--slot") == 3)
    finally:
        process.terminate()
        _, said = process.communicate(timeout=patience(20))
    assert process.returncode == 0 and "only 999 kB are free" in said
    last = int((tmp_path / "pid").read_text())
    until(lambda: not Path(f"/proc/{last}").exists())


def until(condition: object) -> None:
    ends = time.monotonic() + patience(20)
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < ends
        time.sleep(0.02)
