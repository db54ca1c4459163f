"""Where backups lie, and how old the newest is: by a tool's flags, its environment or its settings file (pgBackRest,
Barman, rsnapshot, borgmatic), or by a repository's own files. And on which whole disks: partitions, LVM, RAID and
encryption taken off.

Local repositories are looked into; others are only named.
"""

from __future__ import annotations

import json
import re
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import msgspec

from ...model.backup import OF_DATABASES, RememberedRun
from ...model.evidence import HostJob, Store, ToolTask
from ...model.field import Source
from ...model.host import MountPoint
from ...model.own_places import STATE
from ..host.masking import mask_urls
from ..host.mounts import mount_of
from ..host.root import Root, clean
from .commands import ScheduledCommand, expanded
from .systemd import parse_unit, rfc3339

_ELSEWHERE = ("nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "fuse.rclone", "fuse.s3fs", "ceph", "glusterfs",
              "fuse.glusterfs", "9p", "davfs", "fuse.davfs", "beegfs", "lustre", "afs")  # fmt: skip
_DEEPEST = 8


def is_elsewhere(root: Root, mounts: Sequence[MountPoint], path: str) -> bool:
    """Does the path lie on another host's file system?"""
    mount = mount_of(mounts, root.identity(path))
    return mount is not None and mount.fstype in _ELSEWHERE


def disks_of(root: Root, mounts: Sequence[MountPoint], path: str) -> tuple[str, ...]:
    """Names of whole disks (`sda`), of a pool (`zfs tank`), or the device's number where neither is told; sorted."""
    mount = mount_of(mounts, root.identity(path))
    if mount is None:
        return ()
    if mount.fstype == "zfs":
        return (f"zfs {clean(mount.source).split('/', 1)[0]}",)
    folder = root.identity(f"/sys/dev/block/{mount.device}")
    if mount.source.startswith("/dev/") and not root.exists(folder):  # btrfs shows numbers that no disk has
        name = root.identity(mount.source).rsplit("/", 1)[-1]
        folder = root.identity(f"/sys/class/block/{name}")
    if not root.exists(folder):
        return (f"device {mount.device}",)
    return tuple(sorted(_whole(root, folder, 0)))


def _whole(root: Root, folder: str, depth: int) -> set[str]:
    """`/sys/devices/…/sda/sda1` -> {`sda`}; of a mapped device the disks below."""
    if root.exists(f"{folder}/partition"):
        folder = folder.rsplit("/", 1)[0]
    below = root.names_or_none(f"{folder}/slaves") if depth < _DEEPEST else []
    if not below:
        return {clean(folder.rsplit("/", 1)[-1])}
    return {disk for name in below for disk in _whole(root, root.identity(f"{folder}/slaves/{name}"), depth + 1)}


_MOST = 2000
"""Files that are looked at in one folder; of a fuller one its own time tells."""
_BORG_FILES = re.compile(r"(?:index|hints|integrity)\.\d+\Z")
_SAVED = re.compile(
    r"\.(?:sql|dump|tar|tgz|tbz2?|txz|zst|gz|bz2|xz|zip|7z|bak|backup|bson|archive|sqlite3?|db|rdb|gpg|age|enc|manifest)"
    r"(?:\.\w{1,5}){0,2}\Z",
    re.IGNORECASE,
)


class RepositoryContent(NamedTuple):
    """`newest` RFC 3339, `""` where nothing was ever saved; `saved` -1 where it is not counted."""

    tool: str
    newest: str
    saved: int
    encrypted: bool | None
    finished: bool = True


def content_of(root: Root, path: str) -> RepositoryContent | None:
    """What kind of repository a folder is and its newest backup; None where it is none. Raises OSError."""
    names = set(root.names(path))
    if {"config", "snapshots", "keys"} <= names:
        times = list(_times(root, f"{path}/snapshots"))
        return RepositoryContent("restic", rfc3339(max(times)) if times else "", len(times), True)
    if "config" in names and "data" in names and "[repository]" in root.read(f"{path}/config"):
        text = root.read(f"{path}/config")
        times = [root.stat(f"{path}/{name}").st_mtime for name in names if _BORG_FILES.match(name)]
        return RepositoryContent("borg", rfc3339(max(times)) if times else "", -1, True if "\nkey = " in text else None)
    return None


def archives_in(root: Root, path: str) -> RepositoryContent | None:
    """The newest of the files that look like dumps and archives, one folder deep. None without one. Raises OSError."""
    times = []
    for folder in (path, *_folders(root, path)):
        times += list(_times(root, folder, only_saved=True))
    return RepositoryContent("", rfc3339(max(times)), len(times), None, finished=False) if times else None


def _times(root: Root, folder: str, *, only_saved: bool = False) -> Iterator[float]:
    """When the files of a folder were written; empty ones are no backup."""
    names = root.names(folder)
    if len(names) > _MOST:
        yield root.stat(folder).st_mtime
    for name in names[-_MOST:]:
        if only_saved and not _SAVED.search(name):
            continue
        try:
            facts = root.stat(f"{folder}/{name}", follow=False)
        except OSError:
            continue  # pruned meanwhile
        if stat.S_ISREG(facts.st_mode) and facts.st_size > 0:
            yield facts.st_mtime


def _folders(root: Root, path: str) -> Iterator[str]:
    """The folders in a folder that may be read."""
    for name in root.names(path)[-200:]:
        try:
            if stat.S_ISDIR(root.stat(f"{path}/{name}", follow=False).st_mode):
                root.names(f"{path}/{name}")
                yield f"{path}/{name}"
        except OSError:
            continue


_YAML_ITEM = re.compile(r"\s*-\s*(?:path:\s*)?[\"']?([^\"'#\s{}]+)")


class Named(NamedTuple):
    """A repository that a file names. `newest` where the tool's own records tell it (RFC 3339), None where not."""

    tool: str
    place: str
    does: ToolTask
    file: str
    newest: str | None = None
    saved: int = -1
    encrypted: bool | None = None
    append_only: str = ""


def named_repositories(root: Root) -> Iterator[Named]:
    """Raises nothing: a file that is absent or can't be read names nothing."""
    readers: tuple[Callable[[Root], Iterator[Named]], ...] = (_pgbackrest, _barman, _rsnapshot, _borgmatic, _our_own)
    for read in readers:
        try:
            yield from read(root)
        except (OSError, ValueError):
            continue


SAVED = f"{STATE}/backup/saved"
"""What `dockworthy backup` saved last, a file for each repository. Written by backup/saving."""
_MOST_SAVED = 50


def _our_own(root: Root) -> Iterator[Named]:
    """A repository of this host tells itself how old its newest snapshot is. Of one elsewhere the record of the last
    run that ended well tells it."""
    for name in [name for name in root.names_or_none(SAVED) if name.endswith(".json")][:_MOST_SAVED]:
        path = f"{SAVED}/{name}"
        try:
            saved = msgspec.json.decode(root.read_bytes(path), type=RememberedRun)
        except msgspec.MsgspecError:  # the next run writes it again
            continue
        dumped = any(each.method in OF_DATABASES for each in saved.run.data)
        does = ToolTask.DUMP if dumped else ToolTask.BACKUP
        newest = None if local_path(saved.place) else saved.run.ended
        yield Named("dockworthy backup", saved.place, does, path, newest, encrypted=True, append_only=saved.append_only)


def _pgbackrest(root: Root) -> Iterator[Named]:
    file = next((f for f in ("/etc/pgbackrest/pgbackrest.conf", "/etc/pgbackrest.conf") if root.exists(f)), "")
    if not file:
        return
    settings = {s.name: s.value for s in parse_unit(root.read(file)) if s.section == "global"}
    numbers = sorted({name.split("-", 1)[0] for name in settings if re.match(r"repo\d+-", name)})
    for repo in numbers or ["repo1"]:
        path = settings.get(f"{repo}-path", "/var/lib/pgbackrest")
        encrypted = settings.get(f"{repo}-cipher-type", "none") != "none"
        kind, host = settings.get(f"{repo}-type", "posix"), settings.get(f"{repo}-host", "")
        if kind not in ("posix", "cifs") or host:
            place = f"{host or kind}:{settings.get(f'{repo}-{kind}-bucket', '')}{path}"
            yield Named("pgBackRest", clean(place), ToolTask.DUMP, file, None, -1, encrypted)
            continue
        times = list(_pgbackrest_ends(root, path))
        yield Named(
            "pgBackRest", path, ToolTask.DUMP, file, rfc3339(max(times)) if times else "", len(times), encrypted
        )


def _pgbackrest_ends(root: Root, path: str) -> Iterator[float]:
    """When each backup that its index holds was finished. (An encrypted index tells only when it was written.)"""
    for stanza in root.names(f"{path}/backup"):
        file = f"{path}/backup/{stanza}/backup.info"
        current = [s.value for s in parse_unit(root.read(file)) if s.section == "backup:current"]
        ends = [json.loads(value).get("backup-timestamp-stop") for value in current]
        yield from (float(end) for end in ends if isinstance(end, int))
        if not current and not root.read(file).startswith("["):
            yield root.stat(file).st_mtime


def _barman(root: Root) -> Iterator[Named]:
    home, file = "/var/lib/barman", "/etc/barman.conf"
    if not root.exists(file):
        return
    for setting in parse_unit(root.read(file)):
        home = setting.value if setting.name == "barman_home" else home
    for server in root.names(home):
        ends = list(_barman_ends(root, f"{home}/{server}/base"))
        if root.exists(f"{home}/{server}/base"):
            yield Named(
                "Barman", f"{home}/{server}", ToolTask.DUMP, file, rfc3339(max(ends)) if ends else "", len(ends)
            )


def _barman_ends(root: Root, base: str) -> Iterator[float]:
    """When each backup that is whole was finished: its record is written last."""
    for backup in root.names_or_none(base):
        file = f"{base}/{backup}/backup.info"
        if root.exists(file) and "status=DONE" in root.read(file):
            yield root.stat(file).st_mtime


def _rsnapshot(root: Root) -> Iterator[Named]:
    file = "/etc/rsnapshot.conf"
    if not root.exists(file):
        return
    for line in root.read(file).splitlines():
        name, _, value = line.partition("\t")
        if name == "snapshot_root" and (path := value.strip().rstrip("/")).startswith("/"):
            times = [root.stat(f"{path}/{n}").st_mtime for n in root.names_or_none(path) if re.search(r"\.\d+\Z", n)]
            yield Named(
                "rsnapshot", path, ToolTask.BACKUP, file, rfc3339(max(times)) if times else "", len(times), False
            )


def _borgmatic(root: Root) -> Iterator[Named]:
    files = ["/etc/borgmatic/config.yaml"]
    files += [
        f"/etc/borgmatic.d/{name}"
        for name in root.names_or_none("/etc/borgmatic.d")
        if name.endswith((".yaml", ".yml"))
    ]
    for file in files:
        if root.exists(file):
            yield from (
                Named("borg", path, ToolTask.BACKUP, file) for path in _yaml_list(root.read(file), "repositories")
            )


def _yaml_list(text: str, key: str) -> Iterator[str]:
    """The items of a list in block style (`- path: X` or `- X`)."""
    depth = -1
    for line in text.splitlines():
        indent = len(line) - len(line.lstrip())
        if line.strip() == f"{key}:":
            depth = indent
        elif depth >= 0 and line.strip():
            if indent <= depth and not line.lstrip().startswith("-"):
                depth = -1
            elif item := _YAML_ITEM.match(line):
                yield item[1]


_FLAGS: dict[str, tuple[str, ...]] = {
    "restic": ("-r", "--repo"),
    "duplicity": (),
    "kopia": (),
    "barman": (),
}
_VARIABLES = {"restic": "RESTIC_REPOSITORY", "borg": "BORG_REPO"}
_IS_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*:/?/?[^/]|[\w.-]+@[\w.-]+:|[\w.-]+:[\w./~-]")
_LOCAL_SCHEMES = ("file://", "local:")


def repository_of(command: ScheduledCommand) -> str:
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

    def of_jobs(self, jobs: Mapping[HostJob, str]) -> Iterator[Store]:
        """The targets of backups and dumps, and what the tools' settings files name."""
        for job, target in jobs.items():
            if job.does not in (ToolTask.BACKUP, ToolTask.DUMP) or not target:
                continue
            if path := local_path(self._from_file(target)):
                yield self.local(path, job.tool, job.does, job.source)
            elif is_address(self._from_file(target)):
                place = mask_urls(clean(self._from_file(target)))
                yield Store(job.tool, place, job.does, job.source, local=False)
        for named in named_repositories(self._root):
            yield self._of_settings(named)

    def local(self, path: str, tool: str, does: ToolTask, source: Source) -> Store:
        """A folder of this host. What it is, its own files tell."""
        place, problem, content = clean(path), "", None
        try:
            content = content_of(self._root, path)
            if (content is None and does is ToolTask.DUMP) or tool not in _REPOSITORIES:
                content = content or archives_in(self._root, path)
        except FileNotFoundError:
            problem = f"{place} does not exist"
        except PermissionError:
            problem = f"{place} can't be read: permission denied"
        except OSError as error:
            problem = f"{place} can't be read: {(error.strerror or 'failed').lower()}"
        if content is None:
            problem = problem or f"{place} holds no backup that could be recognised"
            content = RepositoryContent(tool, "", -1, None)
        return Store(
            content.tool or tool, place, does, source, not is_elsewhere(self._root, self._mounts, path), content.newest,
            content.saved, disks_of(self._root, self._mounts, path), content.encrypted, problem, content.finished,
        )  # fmt: skip

    def _of_settings(self, named: Named) -> Store:
        source = Source(named.file)
        if not local_path(named.place):
            return Store(
                named.tool,
                mask_urls(clean(named.place)),
                named.does,
                source,
                local=False,
                newest=clean(named.newest or ""),
                encrypted=named.encrypted,
                append_only=clean(named.append_only),
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
