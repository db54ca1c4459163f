"""The scripts through which dumps go: what fails in them is noticed, and nothing is lost on the way."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from dockworthy.backup import postgresql
from dockworthy.host_scripts import HostScript
from patience import patience

_PACKAGE = postgresql.__package__
PIECES = HostScript(_PACKAGE, "in_large_pieces.sh").bare
LOAD = HostScript(_PACKAGE, "load_dump.sh").bare
LOAD_ALL = HostScript(_PACKAGE, "load_dumps.sh")
SHELLS = [words for words in (["dash"], ["bash"], ["busybox", "sh"]) if shutil.which(words[0])]

pytestmark = pytest.mark.parametrize("shell", SHELLS, ids=lambda words: words[0])


def in_pieces(shell: list[str], script: str, *, stdout: str = "") -> tuple[int, bytes]:
    words = [*shell, "-c", PIECES, "sh", "sh", "-c", script]
    if stdout:
        with open(stdout, "wb") as file:
            return subprocess.run(words, stdout=file, stderr=subprocess.DEVNULL).returncode, b""
    done = subprocess.run(words, capture_output=True)
    return done.returncode, done.stdout


def test_in_pieces_all_arrives_and_the_status_is_the_programs(shell: list[str]) -> None:
    assert in_pieces(shell, "head -c 1000001 /dev/zero") == (0, bytes(1000001))
    assert in_pieces(shell, "echo begun; exit 3") == (3, b"begun\n")
    assert in_pieces(shell, "kill -9 $$") == (137, b"")
    assert in_pieces(shell, "true") == (0, b"")


def test_in_pieces_what_is_not_passed_on_is_a_failure(shell: list[str]) -> None:
    assert in_pieces(shell, "echo all of it", stdout="/dev/full")[0] == 1
    assert in_pieces(shell, "head -c 9000000 /dev/zero", stdout="/dev/full")[0] not in (0, None)


def test_in_pieces_without_such_a_dd_it_is_passed_on_as_it_comes(shell: list[str], tmp_path: Path) -> None:
    (tmp_path / "dd").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "dd").chmod(0o755)
    script = f"PATH={tmp_path}:$PATH\n{PIECES}"
    if shell[0] == "busybox":  # it would take its own one
        script = f"dd() {{ return 1; }}\n{PIECES}"
    done = subprocess.run([*shell, "-c", script, "sh", "sh", "-c", "echo x; exit 4"], capture_output=True)
    assert (done.returncode, done.stdout) == (4, b"x\n")


def load_all(shell: list[str], *commands: str) -> tuple[int, str]:
    done = subprocess.run(
        [*shell, "-c", LOAD_ALL.with_arguments(*commands, load_one=LOAD)],
        capture_output=True,
        text=True,
        timeout=patience(60),
    )
    assert done.stderr == ""
    return done.returncode, done.stdout


def test_all_are_loaded_after_what_they_need_was_made(shell: list[str], tmp_path: Path) -> None:
    loads = [f"cat {tmp_path}/made - >{tmp_path}/{number}" for number in "123"]
    dumps = [f"echo dump {number}" for number in "123"]
    commands = [word for pair in zip(dumps, loads, strict=True) for word in pair]
    assert load_all(shell, f"sleep 0.2; echo made >{tmp_path}/made", *commands) == (0, "")
    for number in "123":
        assert (tmp_path / number).read_text() == f"made\ndump {number}\n"


def test_roles_alone_are_loaded(shell: list[str], tmp_path: Path) -> None:
    assert load_all(shell, f"echo made >{tmp_path}/made") == (0, "")
    assert (tmp_path / "made").read_text() == "made\n"


def test_nothing_is_loaded_where_it_could_not_be_made(shell: list[str], tmp_path: Path) -> None:
    said = load_all(shell, "echo 'no such role' >&2; exit 1", "yes", f"cat >{tmp_path}/loaded")
    assert said == (1, "0 no such role\n") and not (tmp_path / "loaded").exists()


@pytest.mark.parametrize("broken", [1, 2, 3])
def test_each_that_fails_is_named_and_the_others_are_loaded(shell: list[str], tmp_path: Path, broken: int) -> None:
    def pairs(dump: str, load: str) -> list[str]:
        return [
            word
            for number in (1, 2, 3)
            for word in ((dump, load) if number == broken else ("echo x", f"cat >{tmp_path}/{number}"))
        ]

    refused = "cat >/dev/null; echo 'ERROR: no such table' >&2; exit 3"
    assert load_all(shell, ":", *pairs("echo x", refused)) == (1, f"{broken} ERROR: no such table\n")
    assert load_all(shell, ":", *pairs("echo x; exit 1", "cat >/dev/null")) == (
        1,
        f"{broken} the dump did not arrive whole\n",
    )
    stopped = load_all(shell, ":", *pairs("yes", "echo 'ERROR: it is full' >&2; exit 3"))
    assert stopped[0] == 1 and stopped[1].startswith(f"{broken} ")
    assert {each.name for each in tmp_path.iterdir()} == {"1", "2", "3"} - {str(broken)}
