"""Where a backup tool puts what it saves: by its flags, its environment, or its settings file."""

from __future__ import annotations

import re

from .commands import Command
from .variables import expanded

_FLAGS: dict[str, tuple[str, ...]] = {
    "restic": ("-r", "--repo"),
    "duplicity": (),
    "kopia": (),
    "barman": (),
}
_VARIABLES = {"restic": "RESTIC_REPOSITORY", "borg": "BORG_REPO"}
_IS_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:/?/?[^/]|[\w.-]+@[\w.-]+:|[\w.-]+:[\w./~-]")
_LOCAL_SCHEMES = ("file://", "local:")


def repository_of(command: Command) -> str:
    """The repository as it is written, with passwords: mask it before it is kept. `""` where it is not told."""
    program = command.program
    for flag in _FLAGS.get(program, ()):
        if value := _flag(command.words, flag):
            return value
    if program == "restic" and (file := _flag(command.words, "--repository-file")):
        return f"file:{file}"
    if program == "borg" and (archive := next((word for word in command.words[1:] if "::" in word), "")):
        written = archive.split("::", 1)[0]
        if written:
            return written
    if program == "duplicity":
        return next((word for word in reversed(command.words[1:]) if "://" in word), "")
    return expanded(command.environment.get(_VARIABLES.get(program, ""), ""), command.environment)


def _flag(words: tuple[str, ...], name: str) -> str:
    """The value of `-r X`, `-rX`, `--repo X` or `--repo=X`."""
    for number, word in enumerate(words[1:], 1):
        if word == name:
            return next(iter(words[number + 1 :]), "")
        if word.startswith(f"{name}="):
            return word[len(name) + 1 :]
        if len(name) == 2 and word.startswith(name) and len(word) > 2 and not word.startswith("--"):
            return word[2:]
    return ""


def local_path(repository: str) -> str:
    """The host's path of a repository that lies here, `""` of one that lies elsewhere."""
    for scheme in _LOCAL_SCHEMES:
        repository = repository.removeprefix(scheme)
    return repository if repository.startswith("/") else ""


def is_address(repository: str) -> bool:
    """Does it name another host or a service (`sftp:`, `s3:`, `user@host:`)?"""
    return not local_path(repository) and bool(_IS_ADDRESS.match(repository))
