"""A repository of restic, as a host has it: opened or made, and what is saved to it, read from it, forgotten in it.

restic runs on the host. `STATE/backup/ID/` there (root's alone) holds what it needs: `place`, where the repository is;
`restic`, a script that runs it for that one (people can call it, too); `id`, by which an empty mount point is told from
the repository that was there before. No place, key or credential is ever in a list of processes.
"""

from __future__ import annotations

import contextlib
import posixpath
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from ..engine.clock import now
from ..engine.host_shell import HostShell, archive_in
from ..engine.site import write_file
from ..errors import HostError, UsageError
from ..host_scripts import HostScript
from .moment import MOMENT
from .repository_place import (
    local_folder,
    place_id,
    scheme_of,
    secrets_in,
    shown_place,
    ssh_to,
    store_place,
    unmounted,
)
from .restic_faults import LOCKED, NO_REPOSITORY, TOO_LARGE, WRONG_KEY, RepositoryWords, RunFailed, fault_of, ssh_words
from .snapshots import RepositorySnapshot as RepositorySnapshot
from .snapshots import file_name, listed_snapshots, literal_pattern, path_inside, saved_snapshot, tag_words, valid_id

_RESTIC = HostScript(__package__, "restic.sh")
_PRODUCER = HostScript(__package__, "producer.sh")
_RUN = HostScript(__package__, "run_restic.sh")
KEEP_FILE = HostScript(__package__, "keep_file.sh")
_PREPARE = HostScript(__package__, "prepare.sh")
_REMEMBER = HostScript(__package__, "remember.sh")
_EMPTY = HostScript(__package__, "empty_folder.sh")
_APPEND_ONLY = "append-only"
"""The file that says when removing was tried and refused, beside that with the repository's id."""
_OWNER_AND_MODE = HostScript(__package__, "restore_folder.sh")

OLDEST = (0, 17)
"""Of restic: the first with `--stdin-from-command`, by which a dump that breaks off leaves no snapshot."""
_NEWER = "Debian 13 and Ubuntu 25.04 have one; else put the one of https://github.com/restic/restic/releases at \
/usr/local/bin/restic"

_OPENING = 60.0
_READING = 600.0
_LONG = 24 * 3600.0
"""Seconds. restic itself tries for 15 minutes where a repository does not answer."""
_MOST_OUTPUT = 128 * 1024 * 1024
_AT_ONCE = 1000
"""Snapshots of one command line."""


class RemovalRefused(HostError):
    """What was to be removed from a repository is still there: it is append-only."""


class Repository:
    """`key` is the path of the password's file on the host; beside it `KEY.env` may have variables of restic's, as
    `AWS_ACCESS_KEY_ID=…`, one a line. `state` is the host's folder of what dockworthy remembers.

    Every method raises UsageError where what was said can't be (a wrong key), HostError where a host, a disk or the
    repository fails, Occupied where another run holds the lock. Each tells the next command.
    """

    def __init__(self, shell: HostShell, place: str, key: str, state: str) -> None:
        self.place = place
        self.shown = shown_place(place)
        self.key = key
        self.store = store_place(place)
        """Of an append-only store on another host, which removes old backups itself."""
        self._shell = shell
        self._state = f"{state}/backup"
        self.folder = f"{self._state}/{place_id(place)}"
        """What the host keeps of this repository."""
        self._prepared = False
        self._made_key = False
        self._about = RepositoryWords(
            host=shell.name,
            shown=self.shown,
            by_hand=self.by_hand(),
            key=key,
            local=local_folder(place),
            secrets=secrets_in(place),
            store=self.store,
        )

    def by_hand(self, *words: str) -> str:
        """The command that runs restic on the host for this repository: for people, and for scripts there. It works
        once `ready` was called."""
        return shlex.join(("sh", f"{self.folder}/restic", *words))

    async def ready(self, *, create: bool) -> None:
        """Opens the repository. `create`: makes the key where there is none, and the repository where there never was
        one. One that is gone, or is another one than before, is refused."""
        await self._prepare(create=create)
        known = (await self._shell.file(f"{self.folder}/id") or "").strip()
        self._about = self._about._replace(known=bool(known))
        doing = f"{self.shown} can't be opened"
        status, text, id = await self._open()
        if status == NO_REPOSITORY and create and not known:
            await self._make()
            status, text, id = await self._open()
        if status:
            if status == WRONG_KEY and self._made_key:
                raise await self._without_its_key()
            raise fault_of(doing, RunFailed(status, text), self._about, seconds=_OPENING)
        if known and id != known:
            raise HostError(
                f"{self._shell.name}: {self.shown} holds another repository than before: {id[:8]}, and it was "
                f"{known[:8]}",
                hint=f"is the right disk mounted? If it is meant to be another one: rm {self.folder}/id",
            )
        if not known:
            script = _REMEMBER.with_arguments(folder=self.folder, id=id, key=self.key)
            done = await self._shell.run(KEEP_FILE.text + script)
            if done.status:
                raise self._unprepared(78, done.words)
            self._about = self._about._replace(known=True)

    async def _without_its_key(self) -> UsageError:
        """A repository that another host made: the key that was made just now goes, as it opens nothing."""
        await self._shell.run(shlex.join(["rm", "-f", "--", self.key]))
        return UsageError(
            f"{self._shell.name}: {self.shown} is there already, and {self.key}, its key, is not",
            hint=f"put the key that was printed with `dockworthy backup kit` into {self.key}; or name another "
            "repository in `backup.to`",
        )

    async def _open(self) -> tuple[int, str, str]:
        """restic's status, its errors, and the repository's id."""
        status, output = await self._run("cat", "config", "--no-lock", seconds=_OPENING)
        if status:
            return status, await self._with_words_of_ssh(output.decode("utf-8", "replace")), ""
        return 0, "", msgspec.json.decode(output, type=_Config).id

    async def _with_words_of_ssh(self, text: str) -> str:
        """restic may end before it has passed on why ssh did."""
        if "sftp session" not in text or "subprocess ssh" in text:
            return text
        *options, host = ssh_words(self.shown)
        words = ("ssh", "-oBatchMode=yes", "-oConnectTimeout=20", "-s", *options, "--", host, "sftp")
        return f"{text}\n{(await self._shell.run(shlex.join(words))).words}"

    async def _make(self) -> None:
        if self._about.local:
            fstab, mounts = [await self._shell.file(each) or "" for each in ("/etc/fstab", "/proc/self/mounts")]
            if missing := unmounted(self._about.local, fstab, mounts):
                raise HostError(
                    f"{self._shell.name}: {self.shown} is to be on the disk of {missing}, and that is not mounted",
                    hint=f"mount {missing}",
                )
        status, output = await self._run("init", seconds=_OPENING)
        text = output.decode("utf-8", "replace")
        if status and "config file already exists" not in text:  # another run made it at this moment
            raise fault_of(f"{self.shown} can't be made", RunFailed(status, text), self._about, seconds=_OPENING)

    async def _prepare(self, *, create: bool = False) -> None:
        """Once: restic, the key, and the files by which restic is run."""
        if self._prepared:
            return
        values = {
            "folder": self.folder,
            "key": self.key,
            "local": self._about.local,
            "cache": f"{self._state}/cache",
            "scheme": scheme_of(self.place),
            "store": self.store.repository if self.store else "",
            "ssh": shlex.join(ssh_to(self.store, self.folder)) if self.store else "",
        }
        script = _PREPARE.with_arguments(
            backups=self._state,
            folder=self.folder,
            key=self.key,
            create=int(create),
            over_ssh=int(self.store is not None),
            place=self.place,
            restic=_RESTIC.filled({name: shlex.quote(value) for name, value in values.items()}).rstrip(),
            producer=_PRODUCER.text.rstrip(),
        )
        done = await self._shell.run(KEEP_FILE.text + script, seconds=_OPENING)
        if done.status:
            raise self._unprepared(done.status, done.words)
        version, *words = done.output.splitlines() or [""]
        found = re.search(r"restic (\d+)\.(\d+)", version)
        if found is None or (int(found[1]), int(found[2])) < OLDEST:
            oldest = ".".join(map(str, OLDEST))
            raise HostError(
                f"{self._shell.name}: backups need restic {oldest} or newer, and it has {version[:80]}",
                hint=_NEWER,
            )
        self._prepared = True
        self._made_key = "made" in words

    def _unprepared(self, status: int, words: str) -> HostError | UsageError:
        host, key = self._shell.name, self.key
        match status:
            case 70:
                return HostError(f"{host}: restic is not installed", hint=f"apt install restic ({_NEWER})")
            case 71:
                return UsageError(f"{host}: {key}, the key of {self.shown}, is not there", hint="dockworthy backup")
            case 72:
                return UsageError(
                    f"{host}: {key} is gone, and a repository was made with it",
                    hint=f"put the key that was printed with `dockworthy backup kit` there; or, if all that it opens "
                    f"may be given up: rm -r {words}",
                )
            case 73:
                return UsageError(f"{host}: {words} is no regular file", hint=f"see what it is: ls -l {words}")
            case 74:
                return UsageError(f"{host}: {words} can be read by others", hint=f"chmod 600 {words}")
            case 75:
                return UsageError(f"{host}: {words} is another user's", hint=f"chown root: {words}")
            case 76:
                return UsageError(f"{host}: {words} is empty", hint=f"put the key there; or rm {words}, for a new one")
            case 77:
                return HostError(f"{host}: {key} can't be made: {words}", hint=f"df -h {key}: is its disk read-only?")
            case 79 if self.store is not None:
                return UsageError(
                    f"{host} has no key of ssh for {self.shown}",
                    hint=f"dockworthy backup target {self.store.admin} makes one, and has it let in there",
                )
        return HostError(
            f"{host}: {self.folder} can't be written: {words}", hint=f"df -h {self._state}: is its disk full?"
        )

    # What saves

    async def save_output(
        self, name: str, script: str, *, tags: Mapping[str, str], seconds: float
    ) -> RepositorySnapshot:
        """Saves what `script` (POSIX sh, run on the host) writes to its standard output, as the file `name`. One that
        fails, or writes nothing, leaves no snapshot; the error has its last words."""
        words = ("backup", "--stdin-from-command", f"--stdin-filename={file_name(name)}")
        return await self._save(name, words, (path_inside(name),), script.encode(), tags, seconds, produces=True)

    async def save_bytes(self, name: str, content: bytes, *, tags: Mapping[str, str]) -> RepositorySnapshot:
        """Saves `content`, which is not empty, as the file `name`."""
        if not content:
            raise UsageError(f"{name} is empty", hint="there is nothing to save")
        words = ("backup", "--stdin", f"--stdin-filename={file_name(name)}")
        return await self._save(name, words, (path_inside(name),), content, tags, _READING)

    async def save_paths(
        self,
        paths: Sequence[str],
        *,
        tags: Mapping[str, str],
        seconds: float,
        without: Sequence[str] = (),
        patterns: Sequence[str] = (),
        held: str = "",
        by_link: bool = False,
    ) -> RepositorySnapshot:
        """Saves folders and files by their absolute paths, but for the paths `without` and what restic's `patterns`
        name. `held`: the folder where the first of them lies as it was at one moment. A file that can't be read is an
        error, FilesUnread, which names it; the snapshot without it is removed.

        No link below the first path is followed, whoever puts one there meanwhile: the error is FilesUnread. None may
        lead to it, either, unless `by_link` says that only root writes above it: UsageError."""
        if wrong := [path for path in paths if not path.startswith("/") or "\0" in path]:
            raise UsageError(f"{wrong[0]} is no absolute path")
        if not paths:
            raise UsageError("no path is named: there is nothing to save")
        left_out: tuple[str, ...] = ()
        if without or patterns:
            await self._prepare()
            list_of_them = f"{self.folder}/left_out"
            lines = (*map(literal_pattern, without), *patterns)
            await write_file(
                self._shell, list_of_them, "".join(f"{each}\n" for each in lines).encode("utf-8", "surrogateescape")
            )
            left_out = (f"--exclude-file={list_of_them}",)
        words = ("backup", "--files-from-raw=-", "--one-file-system", f"--exclude={MOMENT}*", *left_out)
        given = b"".join(path.encode("utf-8", "surrogateescape") + b"\0" for path in paths)
        named = f"{', '.join(paths[:3])}{' …' if len(paths) > 3 else ''}"
        below = _Below(paths[0], held, by_link)
        return await self._save(named, words, tuple(paths), given, tags, seconds, below=below)

    async def _save(
        self,
        name: str,
        words: Iterable[str],
        paths: tuple[str, ...],
        given: bytes,
        tags: Mapping[str, str],
        seconds: float,
        *,
        produces: bool = False,
        below: _Below | None = None,
    ) -> RepositorySnapshot:
        doing = f"{name} can't be saved to {self.shown}"
        output = await self._must(
            doing,
            *words,
            f"--tag={tag_words(tags)}",
            "--quiet",
            given=given,
            seconds=seconds,
            produces=produces,
            below=below,
        )
        if (snapshot := saved_snapshot(output, tags, paths)) is None:
            raise HostError(f"{self._shell.name}: {doing}: restic names no snapshot", hint=self.by_hand("snapshots"))
        return snapshot

    # What reads

    async def snapshots(self, tags: Mapping[str, str] = {}) -> tuple[RepositorySnapshot, ...]:
        """Those of ours that have all these tags, oldest first. Another run's lock does not hinder it."""
        output = await self._must(
            f"the snapshots of {self.shown} can't be listed",
            "snapshots",
            "--no-lock",
            f"--tag={tag_words(tags)}",
            seconds=_READING,
        )
        return listed_snapshots(output)

    async def read_bytes(self, snapshot: str, name: str, *, most: int = 64 * 1024 * 1024) -> bytes:
        """The file `name` as it was saved, or a path that begins with `/`. Raises HostError where it is not in the
        snapshot, or has more than `most` bytes."""
        path = path_inside(name)
        doing = f"{name} can't be read from snapshot {valid_id(snapshot)[:8]}"
        return await self._must(doing, "dump", snapshot, path, seconds=_READING, most=most)

    async def read_once(self, snapshot: str, name: str, *, most: int) -> bytes:
        """The same, from the host's own copy where it was read before: a snapshot never changes."""
        text = await self._shell.file(self._kept(snapshot), most=most)
        if text is not None:
            return text.encode("utf-8", "surrogateescape")
        content = await self.read_bytes(snapshot, name, most=most)
        await self.keep_read(snapshot, content)
        return content

    async def keep_read(self, snapshot: str, content: bytes) -> None:
        """Keeps what the one file of a snapshot holds, for `read_once`."""
        with contextlib.suppress(HostError):  # its disk is full, say: then it is read again
            await write_file(self._shell, self._kept(snapshot), content)

    def _kept(self, snapshot: str) -> str:
        return f"{self.folder}/read/{valid_id(snapshot)}"

    def dump_command(self, snapshot: str, name: str) -> str:
        """One shell command for a script on the host: writes that file to standard output. Call `ready` before."""
        return self.by_hand("dump", "--quiet", valid_id(snapshot), path_inside(name))

    async def restore_paths(
        self, snapshot: str, source: str, target: str, *, seconds: float, by_link: bool = False
    ) -> str:
        """Restores what is in the folder `source` of a snapshot into the folder `target`, which is there and empty.
        Owners, modes, times and extended attributes come back (of `target` itself all but these); every file is read
        again and compared. Where `source` is a file, it comes into `target` by its name. Returns what was restored:
        `target`, or that file. Links are followed as `save_paths` follows them."""
        id = valid_id(snapshot)
        done = await self._shell.run(_EMPTY.with_arguments(target))
        if done.status == 81:
            raise UsageError(f"{self._shell.name}: {target} is not empty: {done.words}", hint=f"ls -A {target}")
        if done.status:
            raise UsageError(f"{self._shell.name}: {target} is no folder {done.words}", hint=f"mkdir -p {target}")
        doing = f"{source} of snapshot {id[:8]} can't be restored"
        top = await self._top(doing, id, source)
        folder, name = (source, "") if top.type == "dir" else posixpath.split(source)
        only = (f"--include=/{_literally(name)}",) if name else ()
        words = ("restore", f"{id}:{folder}", f"--target={target}", *only, "--verify", "--quiet")
        await self._must(doing, *words, seconds=seconds, below=_Below(target, by_link=by_link))
        if name:
            return f"{target}/{name}"
        like = (target, top.uid, top.gid, top.octal, top.seconds, "link" if by_link else "")
        done = await self._shell.run(_OWNER_AND_MODE.with_arguments(*like))
        if done.status:
            raise HostError(f"{self._shell.name}: {target} can't be given its owner and mode: {done.words}")
        return target

    async def _top(self, doing: str, id: str, source: str) -> _Node:
        output = await self._must(doing, "ls", id, source, seconds=_READING)
        for line in output.splitlines():
            node = msgspec.json.decode(line, type=_Node)
            if node.struct_type == "node" and node.path == (source.rstrip("/") or "/"):
                if node.type not in ("dir", "file"):
                    break
                return node
        raise UsageError(f"{doing}: it has no such folder or file", hint=self.by_hand("ls", id[:8]))

    # What looks after it

    async def forget(self, ids: Sequence[str]) -> None:
        """Removes these snapshots, and then what only they held. One that is gone already is fine; raises UsageError
        for one of somebody else, and then removes none; RemovalRefused where the repository is append-only."""
        wanted = {valid_id(each) for each in ids}
        ours = {each.id for each in await self.snapshots()}
        going = sorted(id for id in ours if any(id.startswith(each) for each in wanted))
        if foreign := [each for each in wanted if not any(id.startswith(each) for id in ours)]:
            await self._refuse_foreign(foreign)
        doing = f"snapshots of {self.shown} can't be removed"
        for at in range(0, len(going), _AT_ONCE):
            await self._must(doing, "forget", "--quiet", *going[at : at + _AT_ONCE])
        # restic 0.18 says that all went well where a repository refused.
        if going and (left := {each.id for each in await self.snapshots()} & set(going)):
            raise RemovalRefused(
                f"{self._shell.name}: {doing}: {len(left)} are still there: it is append-only",
                hint="old backups are removed on the host that keeps them",
            )
        await self._must(doing, "prune", "--quiet")
        if going:
            await self._shell.run(shlex.join(["rm", "-f", "--", *map(self._kept, going)]))

    async def _refuse_foreign(self, ids: Sequence[str]) -> None:
        output = await self._must(
            f"the snapshots of {self.shown} can't be listed", "snapshots", "--no-lock", seconds=_READING
        )
        there = [each.id for each in listed_snapshots(output)]
        if foreign := [id for id in there if id.startswith(tuple(ids))]:
            raise UsageError(
                f"{self._shell.name}: snapshot {foreign[0][:8]} of {self.shown} is not dockworthy's",
                hint=self.by_hand("forget", foreign[0][:8], "--prune"),
            )

    async def refuses_removal(self, snapshot: str) -> bool:
        """Tries to remove this snapshot, of which nothing is lost, and remembers whether it was refused."""
        script = f"{self.by_hand('forget', valid_id(snapshot))} 2>&1 | tail -c 4000"
        said = (await self._shell.run(script, seconds=_READING)).output
        refused = "403" in said and any(each.id == snapshot for each in await self.snapshots())
        file = f"{self.folder}/{_APPEND_ONLY}"
        if refused:
            await write_file(self._shell, file, f"{now()}\n".encode())
        else:
            await self._shell.run(shlex.join(["rm", "-f", "--", file]))
        return refused

    async def refused_removal(self) -> str:
        """When that was seen last, RFC 3339; "" where it never was."""
        return (await self._shell.file(f"{self.folder}/{_APPEND_ONLY}") or "").strip()

    async def check(self, *, read_data: str = "") -> None:
        """Reads the repository's structure, and of its data what `read_data` says: `5%`, `1/10`, `2G`. Raises HostError
        where something is damaged."""
        part = (f"--read-data-subset={read_data}",) if read_data else ()
        await self._must(f"{self.shown} has errors", "check", "--quiet", *part)

    async def _must(
        self,
        doing: str,
        *words: str,
        given: bytes | None = None,
        seconds: float = _LONG,
        most: int = _MOST_OUTPUT,
        produces: bool = False,
        below: _Below | None = None,
    ) -> bytes:
        """What restic printed. A lock of a run that is no more is removed on the way."""
        await self._prepare()
        for last in (False, True):
            status, output = await self._run(
                *words, given=given, seconds=seconds, most=most, produces=produces, below=below
            )
            if status != LOCKED or last:
                break
            await self._run("unlock", "--quiet", seconds=_READING)
        if status == TOO_LARGE:
            raise HostError(f"{self._shell.name}: {doing}: it has more than {most} bytes")
        if status:
            raise fault_of(doing, RunFailed(status, output.decode("utf-8", "replace")), self._about, seconds=seconds)
        return output

    async def _run(
        self,
        *words: str,
        given: bytes | None = None,
        seconds: float,
        most: int = _MOST_OUTPUT,
        produces: bool = False,
        below: _Below | None = None,
    ) -> tuple[int, bytes]:
        """restic's status, and what it printed: its errors where it failed. `below`: where it follows no link."""
        script = _RUN.with_arguments(
            *words,
            "--json",
            folder=self.folder,
            seconds=max(1, round(seconds)),
            most=most,
            produces=int(produces),
            **(below or _Below("")).as_variables,
        )
        done = await self._shell.run(script, given=given, seconds=seconds + 90.0)  # it is given time to end
        return done.status, archive_in(done) or done.words.encode("utf-8", "surrogateescape")


class _Below(Struct, frozen=True):
    """The path below which restic follows no link. `held`: the folder that it is to find there instead; `by_link`: a
    link may lead to the path itself."""

    path: str
    held: str = ""
    by_link: bool = False

    @property
    def as_variables(self) -> dict[str, str | int]:
        return {"path": self.path, "held": self.held, "linked": int(self.by_link)}


class _Config(Struct, frozen=True):
    """The repository's own id."""

    id: str


def _literally(name: str) -> str:
    """As a pattern of restic's that means this name alone."""
    return re.sub(r"([\\*?\[\]])", r"\\\1", name)


class _Node(Struct, frozen=True):
    """A line of `restic ls --json`."""

    struct_type: str = ""
    type: str = ""
    path: str = ""
    uid: int = 0
    gid: int = 0
    mode: int = 0
    mtime: str = ""

    @property
    def octal(self) -> str:
        """Its mode for chmod. Go keeps the set-user-id, set-group-id and sticky bits elsewhere."""
        special = sum(bit for bit, theirs in ((4, 1 << 23), (2, 1 << 22), (1, 1 << 20)) if self.mode & theirs)
        return f"{special}{self.mode & 0o777:03o}"

    @property
    def seconds(self) -> str:
        """When it was changed, in seconds since 1970: with all digits, of which a datetime has room for six."""
        whole, fraction, zone = re.fullmatch(r"([^.]*?)(\.\d+)?(Z|[+-]\d\d:\d\d)", self.mtime).groups()  # type: ignore[union-attr]
        return f"{datetime.fromisoformat(whole + zone).timestamp():.0f}{fraction or '.0'}"
