"""What Compose itself makes of a project: its `config` command, where it is installed.

It needs no engine. It resolves every variable, so what it prints may hold secrets: that is read, and never shown.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from ...model.pattern import lazy_pattern
from .variables import HOME

_PLUGIN_FOLDERS: Final = (
    "/usr/local/lib/docker/cli-plugins",
    "/usr/local/libexec/docker/cli-plugins",
    "/usr/lib/docker/cli-plugins",
    "/usr/libexec/docker/cli-plugins",
)
"""Where Docker's command line looks for its plugins, after the user's own folder."""

_STAYS_HERE: Final = {"COMPOSE_EXPERIMENTAL_GIT_REMOTE": "false", "COMPOSE_EXPERIMENTAL_OCI_REMOTE": "false"}
"""Reading a file must not reach into a network, whatever the file includes."""

_OF_NOBODY: Final = {
    "HOME": HOME,
    "PATH": os.defpath,
    "LC_ALL": "C.UTF-8",
    "DOCKER_CONFIG": "/nonexistent",
    **dict.fromkeys(("COMPOSE_ENV_FILES", "COMPOSE_FILE", "COMPOSE_PROFILES"), ""),
}
"""All the environment there is where somebody else's files are read. What is set here, a `.env` can't set."""

_MOST_SECONDS: Final = 5
_MOST_PROJECTS: Final = 10
_MOST_BYTES: Final = 16 * 1024 * 1024
_LONGEST: Final = 300
_CRASHED: Final = b"\ngoroutine "

_SAYS_A_LINE: Final = lazy_pattern(r"(in variable name|unterminated quoted value) .*", re.DOTALL)
"""Where Compose repeats a line of an env file: what follows may be a secret."""

_VALIDATING: Final = lazy_pattern(r"^validating .*?: (?=\S+ )")


class RefusedByCompose(Struct, frozen=True):
    """Compose takes the project for invalid: `says` why."""

    says: str


class NotAsked(Struct, frozen=True):
    """Compose could not be asked, or its answer is of no use: `says` why."""

    says: str


class ComposeProgram:
    """Compose's plugin, run as a program of its own.

    `left`: how many more projects it will be asked about; `passed_over`: how many it was not, because of that.
    """

    def __init__(self, path: str, environ: Mapping[str, str], *, most: int = _MOST_PROJECTS) -> None:
        self.path = path
        self.left = most
        self.passed_over = 0
        self._environ = {**environ, **_STAYS_HERE}

    def command(self, files: Sequence[str], folder: str) -> list[str]:
        named = [word for file in files for word in ("-f", os.path.abspath(file))]
        return [self.path, "--project-directory", folder, *named, "--profile", "*", "config", "--format", "json"]

    def config(self, files: Sequence[str], folder: str) -> bytes | RefusedByCompose | NotAsked:
        """The project as JSON: all profiles, variables resolved, paths absolute."""
        import subprocess  # only where Compose is asked

        self.left -= 1
        try:
            ended = subprocess.run(
                self.command(files, folder),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                env=self._environ,
                timeout=_MOST_SECONDS,
            )
        except subprocess.TimeoutExpired:
            return NotAsked(f"it gave no answer in {_MOST_SECONDS} seconds")
        except (OSError, ValueError) as error:
            return NotAsked(f"it can't be started: {error}")
        if ended.returncode < 0 or _CRASHED in ended.stderr:
            return NotAsked("it crashed")
        if ended.returncode != 0:
            return RefusedByCompose(_last_line(ended.stderr))
        return ended.stdout if len(ended.stdout) <= _MOST_BYTES else NotAsked("its answer is too long to be read")


def find_compose(environ: Mapping[str, str], *, trusted: bool = True) -> ComposeProgram | None:
    """Compose as Docker's command line would find it; None where it is not installed. Where the files are not
    `trusted`, it is given no variable of this environment."""
    own = environ.get("DOCKER_CONFIG") or os.path.join(environ.get("HOME", "/nonexistent"), ".docker")
    for folder in (os.path.join(own, "cli-plugins"), *_PLUGIN_FOLDERS):
        path = os.path.join(folder, "docker-compose")
        if os.access(path, os.X_OK) and os.path.isfile(path):
            return ComposeProgram(path, environ if trusted else _OF_NOBODY)
    return None


def passed_over(compose: ComposeProgram | None) -> tuple[str, ...]:
    """A sentence about the projects that Compose was not asked about, if there are any."""
    if compose is None or not compose.passed_over:
        return ()
    return (
        f"Compose itself was asked about the first {_MOST_PROJECTS} projects, and not about {compose.passed_over} more",
    )


def _last_line(stderr: bytes) -> str:
    """Before it come warnings about variables that have no value."""
    lines = stderr.decode(errors="replace").strip().splitlines() or ["it does not say why"]
    said = _VALIDATING.sub("", _SAYS_A_LINE.sub(r"\1", lines[-1]))
    said = "".join(letter for letter in said if letter.isprintable())
    return said if len(said) <= _LONGEST else f"{said[:_LONGEST]}…"
