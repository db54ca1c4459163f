"""The program as a process: its start, its end by ^C, its pipes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from patience import patience

PROGRAM = [sys.executable, "-m", "dockworthy"]
POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec: {containers: [{name: a, securityContext: {privileged: true}}]}
"""

HANGING = """
import asyncio, sys, threading, time
from dockworthy import check
from dockworthy.cli import main

def hang(*_, **__):
    print("hanging", flush=True)
    {how}

check.check = hang
sys.exit(main())
"""

WAYS_TO_HANG = {
    "sleep": "time.sleep(10**6)",
    "lock": "threading.Event().wait()",
    "loop": "asyncio.run(asyncio.sleep(10**6))",
    "a thread that never ends": "asyncio.run(asyncio.to_thread(time.sleep, 10**6))",
    "deaf": """
    while True:
        try:
            time.sleep(10**6)
        except BaseException:
            pass""",
}


@pytest.fixture
def pod(tmp_path: Path) -> str:
    (tmp_path / "pod.yaml").write_text(POD)
    return str(tmp_path / "pod.yaml")


@pytest.mark.parametrize("how", WAYS_TO_HANG)
def test_an_interrupt_ends_it_at_once(how: str) -> None:
    program = [sys.executable, "-c", HANGING.format(how=WAYS_TO_HANG[how]), "check", "a"]
    with subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "hanging\n"
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=patience(30))  # what hangs never ends
    assert process.returncode == 130
    assert "Traceback" not in error


STARTING = """
import os, signal, sys

class Interrupts:
    def find_spec(self, name, *_):
        if name == "dockworthy.cli.run":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
from dockworthy.cli import main
sys.exit(main())
"""


def test_an_interrupt_while_it_starts_ends_it_without_a_traceback() -> None:
    done = subprocess.run([sys.executable, "-c", STARTING], capture_output=True, check=False, timeout=patience(30))
    assert (done.returncode, done.stderr) == (130, b"")


def test_who_reads_may_leave(pod: str) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*PROGRAM, "check", pod], stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (1, b"")


def test_help_may_be_left_too() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = subprocess.run([*PROGRAM, "--help"], stdout=writing, stderr=subprocess.PIPE, check=False)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full here")
def test_a_full_standard_output(pod: str) -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run([*PROGRAM, "check", pod], stdout=full, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 13
    assert done.stderr == b"dockworthy: standard output can't be written: No space left on device\n"


def test_a_terminal_without_unicode(pod: str, tmp_path: Path) -> None:
    os.rename(pod, os.fsencode(tmp_path) + b"/\xff-\xc3\xa4.yaml")
    ascii_only = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([*PROGRAM, "check", "."], env=ascii_only, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert b"\\xff-\\xe4.yaml:5:61 1 pod is privileged: web" in done.stdout


def test_json_of_a_name_that_is_no_text(pod: str, tmp_path: Path) -> None:
    os.rename(pod, os.fsencode(tmp_path) + b"/\xff.yaml")
    done = subprocess.run([*PROGRAM, "check", "--format", "json", "."], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 1, done.stderr
    assert b'"\\\\xff.yaml' in done.stdout


def test_help_imports_nothing_heavy() -> None:
    code = "import sys; from dockworthy.cli.run import run; run(['--help']); print(sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    loaded = done.stdout.rpartition("[")[2]
    for module in ("aiohttp", "aiodocker", "yaml", "rich", "msgspec", "asyncio", "dockworthy.model"):
        assert f"'{module}'" not in loaded, f"--help imports {module}"


def test_a_shell_can_ask_for_completions() -> None:
    done = subprocess.run(
        PROGRAM, env={**os.environ, "_DOCKWORTHY_COMPLETE": "bash_source"}, capture_output=True, text=True, check=False
    )
    assert "complete" in done.stdout
