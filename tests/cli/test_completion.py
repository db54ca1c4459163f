"""A shell completes by the script that `dockworthy completion` prints."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROGRAM = Path(sys.executable).with_name("dockworthy")

COMPLETE_IN_BASH = """
source <(dockworthy completion bash)
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMP_LINE="$*" COMP_POINT=${#COMP_LINE}
_dockworthy_completion dockworthy "${COMP_WORDS[COMP_CWORD]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(*words: str) -> list[str]:
    path = f"{PROGRAM.parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", COMPLETE_IN_BASH, "bash", *words],
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": path},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed here")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (("dockworthy", "ass"), ["assess"]),
        (("dockworthy", "guard", "unin"), ["uninstall"]),
        (("dockworthy", "assess", "--lev"), ["--level"]),
        (("dockworthy", "assess", "--level", "prod"), ["production"]),
    ],
)
def test_bash_completes(words: tuple[str, ...], offered: list[str]) -> None:
    assert completed(*words) == offered


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_for_each_shell(shell: str) -> None:
    done = subprocess.run([PROGRAM, "completion", shell], capture_output=True, text=True)
    assert done.returncode == 0
    assert f"_DOCKWORTHY_COMPLETE={shell}_complete" in done.stdout


def test_another_shell_is_refused() -> None:
    done = subprocess.run([PROGRAM, "completion", "tcsh"], capture_output=True, text=True)
    assert done.returncode == 2
    assert "'bash', 'zsh', 'fish'" in done.stderr
