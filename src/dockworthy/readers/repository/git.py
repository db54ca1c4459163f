"""Asks the program git, in one repository. It changes nothing there, and runs nothing that the repository names.

What is judged may be somebody else's, with its `.git`: a setting there may name programs (`core.fsmonitor`, filters, an
external diff, what fetches missing objects), a folder may look like a repository of its own, and replaced objects or
grafts may tell another history. Working files are not looked at: comparing them would run their filters.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterable, Iterator
from typing import Final

from ...errors import UsageError

_SECONDS: Final = 120

_SETTINGS: Final = (
    "core.fsmonitor=false",
    "core.untrackedCache=false",
    "core.hooksPath=/dev/null",
    "core.quotePath=false",
    "core.attributesFile=/dev/null",
    "core.sshCommand=false",
    "core.gitProxy=",
    "credential.helper=",
    "diff.external=",
    "gpg.program=false",
    "log.showSignature=false",
    "protocol.allow=never",
    "safe.bareRepository=explicit",
    "submodule.recurse=false",
)
"""They outrank what the repository says."""

_ENVIRONMENT: Final = {
    "LC_ALL": "C",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_GRAFT_FILE": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_PAGER": "cat",
}
_KEPT: Final = ("GIT_CONFIG", "GIT_CEILING_DIRECTORIES")
"""Beginnings of git's own variables that mean no other folder than the one that is asked about, as a hook's do."""


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
        """The contents of blobs by their object ids, one after the other. Raises UsageError where one is not here."""
        with tempfile.TemporaryFile() as asked:  # not a pipe: git may have more to say before it has read all
            names = list(objects)
            asked.writelines(f"{name}\n".encode() for name in names)
            asked.seek(0)
            command = [*self._command, "cat-file", "--batch"]
            said = {"stdin": asked, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
            with subprocess.Popen(command, env=_environment(), **said) as process:  # type: ignore[call-overload]
                assert process.stdout is not None
                try:
                    for _ in names:
                        header = process.stdout.readline()
                        if not header or header.endswith(b" missing\n"):
                            raise UsageError(
                                f"{self.folder}: an earlier file's content is not here",
                                hint="a partial clone lacks it: fetch the whole history first, without a filter",
                            )
                        yield process.stdout.read(int(header.split()[-1]) + 1)[:-1]
                finally:
                    process.stdout.close()
                    process.terminate()

    @property
    def _command(self) -> list[str]:
        return ["git", *(word for setting in _SETTINGS for word in ("-c", setting)), "--no-pager", "-C", self.folder]


def _environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("GIT_") or name.startswith(_KEPT)}
    return {**own, **_ENVIRONMENT}


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
    if "bare repository" in says:
        hint = (
            "a folder of the project looks like a repository of its own (HEAD, objects and refs): nothing in it is run"
        )
    return UsageError(f"git in {folder}: {says}", hint=hint)
