"""Asks the program git, in one repository. It changes nothing there, and runs nothing that the repository names."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from typing import Final

from ...errors import UsageError

_SECONDS: Final = 120
_OF_A_HOOK: Final = frozenset({"GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"})
"""What git sets for its hooks: there it would mean another folder than the one that is asked about."""

_SETTINGS: Final = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false", "-c", "diff.external=", "--no-pager")


class Git:
    """One repository, asked in `folder`. Every method raises UsageError in git's own words where git refuses."""

    def __init__(self, folder: str) -> None:
        self.folder = folder

    def ask(self, *arguments: str) -> bytes:
        """What git prints."""
        done = _run([*self._command, *arguments], _environment())
        if done.returncode != 0:
            raise _refused(done.stderr, self.folder)
        return done.stdout

    def listed(self, *arguments: str) -> list[str]:
        """Names, ended by zero bytes."""
        return [os.fsdecode(name) for name in self.ask(*arguments).split(b"\0") if name]

    def says(self, *arguments: str) -> str | None:
        """One line; None where git says no."""
        done = _run([*self._command, *arguments], _environment())
        return os.fsdecode(done.stdout).strip() if done.returncode == 0 else None

    def contents(self, objects: Iterable[str]) -> Iterator[bytes]:
        """The contents of blobs by their object ids, one after the other."""
        with tempfile.TemporaryFile() as asked:  # not a pipe: git may have more to say before it has read all
            asked.writelines(f"{name}\n".encode() for name in objects)
            asked.seek(0)
            command = [*self._command, "cat-file", "--batch"]
            with subprocess.Popen(command, stdin=asked, stdout=subprocess.PIPE, env=_environment()) as process:
                assert process.stdout is not None
                try:
                    while header := process.stdout.readline():
                        size = int(header.split()[-1]) if not header.endswith(b" missing\n") else -1
                        yield process.stdout.read(size + 1)[:-1] if size >= 0 else b""
                finally:
                    process.stdout.close()
                    process.terminate()

    @property
    def _command(self) -> list[str]:
        return ["git", *_SETTINGS, "-C", self.folder]


def _environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if name not in _OF_A_HOOK}
    return {**own, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}


def _run(command: list[str], environment: dict[str, str]) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=_SECONDS)
    except FileNotFoundError as error:
        raise UsageError(
            "what changed only git can tell, and there is no program git here",
            hint="install it, or compare with a saved result: `--baseline FILE`",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"git did not answer within {_SECONDS} s") from error


def _refused(stderr: bytes, folder: str) -> UsageError:
    lines = stderr.decode(errors="replace").strip().splitlines() or ["git said no"]
    says = lines[0].removeprefix("fatal: ")
    if "not a git repository" in says:
        return UsageError(
            f"{folder} lies in no Git repository", hint="without one, `--baseline FILE` compares with a saved result"
        )
    hint = f"git config --global --add safe.directory {folder}" if "dubious ownership" in says else ""
    return UsageError(f"git in {folder}: {says}", hint=hint)
