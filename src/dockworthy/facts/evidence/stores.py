"""Where backups lie, and how old the newest is: by a tool's flags, its environment, or its settings file.

Local repositories are looked into; others are only named.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...model.evidence import Job, Store, Task
from ...model.field import Source
from ...model.host import MountPoint
from ..host.masking import mask_urls
from ..host.root import Root, clean
from .commands import Command, expanded
from .disks import disks_of, is_elsewhere
from .repository_kinds import Content, archives_in, content_of
from .settings_files import Named, named_repositories

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


class Stores:
    """Reads stores of one host; `mounts` are the host's."""

    def __init__(self, root: Root, mounts: Sequence[MountPoint]) -> None:
        self._root = root
        self._mounts = mounts

    def of_jobs(self, jobs: Mapping[Job, str]) -> Iterator[Store]:
        """The targets of backups and dumps, and what the tools' settings files name."""
        for job, target in jobs.items():
            if job.does not in (Task.BACKUP, Task.DUMP) or not target:
                continue
            if path := local_path(self._from_file(target)):
                yield self.local(path, job.tool, job.does, job.source)
            elif is_address(self._from_file(target)):
                place = mask_urls(clean(self._from_file(target)))
                yield Store(job.tool, place, job.does, job.source, local=False)
        for named in named_repositories(self._root):
            yield self._of_settings(named)

    def local(self, path: str, tool: str, does: Task, source: Source) -> Store:
        """A folder of this host. What it is, its own files tell."""
        place, problem, content = clean(path), "", None
        try:
            content = content_of(self._root, path)
            if (content is None and does is Task.DUMP) or tool not in _REPOSITORIES:
                content = content or archives_in(self._root, path)
        except FileNotFoundError:
            problem = f"{place} does not exist"
        except PermissionError:
            problem = f"{place} can't be read: permission denied"
        except OSError as error:
            problem = f"{place} can't be read: {(error.strerror or 'failed').lower()}"
        if content is None:
            problem = problem or f"{place} holds no backup that could be recognised"
            content = Content(tool, "", -1, None)
        return Store(
            content.tool or tool, place, does, source, not is_elsewhere(self._root, self._mounts, path), content.newest,
            content.saved, disks_of(self._root, self._mounts, path), content.encrypted, problem, content.finished,
        )  # fmt: skip

    def _of_settings(self, named: Named) -> Store:
        source = Source(named.file)
        if not local_path(named.place):
            return Store(
                named.tool, mask_urls(clean(named.place)), named.does, source, local=False, encrypted=named.encrypted
            )
        if named.newest is None:
            return self.local(named.place, named.tool, named.does, source)
        here = not is_elsewhere(self._root, self._mounts, named.place)
        disks = disks_of(self._root, self._mounts, named.place)
        return Store(
            named.tool, clean(named.place), named.does, source, here, named.newest, named.saved, disks, named.encrypted
        )

    def _from_file(self, target: str) -> str:
        """`file:PATH` is a file that holds the address."""
        if not target.startswith("file:/") or target.startswith("file://"):
            return target
        try:
            return self._root.read(target.removeprefix("file:")).strip()
        except OSError:
            return ""


_REPOSITORIES = frozenset({"restic", "borg"})
"""Tools whose repositories have a form of their own: other files in such a folder are no backup of theirs."""


def each_once(stores: Iterable[Store]) -> tuple[Store, ...]:
    """One entry for each place."""
    return tuple({store.place: store for store in reversed(list(stores))}.values())
