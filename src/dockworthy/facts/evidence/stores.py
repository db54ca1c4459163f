"""Where backups lie and how old the newest is. Local repositories are looked into; others are only named."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...model.evidence import Job, Store, Task
from ...model.field import Source
from ...model.host import MountPoint
from ..host.masking import mask_urls
from ..host.root import Root, clean
from .disks import disks_of, is_elsewhere
from .repositories import is_address, local_path
from .repository_kinds import Content, archives_in, content_of
from .settings_files import Named, named_repositories


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
