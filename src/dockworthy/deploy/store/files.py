"""Releases, and versions of secrets and configs, as files of the engine's host, through a shell and nothing else.

`STATE/releases/PROJECT/N.json` is a release. A version of a secret or config is a file of its own: what a container
mounts never changes under it.
"""

from __future__ import annotations

import base64
import contextlib
import hmac
import re
import secrets
import shlex
from collections.abc import AsyncIterator, Iterable, Sequence

from ...engine.host_shell import CONTENT, HostShell, unpacked_files
from ...engine.site import Site
from ...errors import HostError, UnreadableInput, UsageError
from ...host_scripts import HostScript
from ...model.compose_project import FileObject
from ...model.release import Release
from ..secret_versions import used_versions
from .file_lock import FileLock, held
from .host_files import ASIDE, FLOOR, failed, writing
from .record import decoded, encoded, superfluous
from .release_store import KEPT, MOST_BYTES, StoreContents

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_DIGITS = 12
"""Of a version: the first hexadecimal ones."""
_KEY_BYTES = 32
_KEY = HostScript(__package__, "key.sh")
_PUT_VERSION = HostScript(__package__, "put_version.sh")
_REMOVE = HostScript(__package__, "remove_versions.sh")


def must_be_name(name: str) -> str:
    """Raises UsageError for what is no name of a secret or config: it becomes that of a folder."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} can't be the name of a secret or config", hint="use letters, digits, `.`, `_`, `-`")
    return name


async def host_key(shell: HostShell, file: str, folder: str, *, making: bool) -> bytes:
    """The host's key. Where there is none it is made, aside in `folder`; or else b"". Raises HostError.

    It is in memory alone: on no command line, and in no file but its own.
    """
    functions = CONTENT.text + _KEY.with_arguments(dw_aside=ASIDE)
    call = shlex.join(("key", file, folder, "yes" if making else "no", str(_KEY_BYTES)))
    done = await shell.within(functions + call)
    if done.status:
        raise failed(done, shell.name, f"the key of the versions, {file}, can't be made")
    if done.words == "none":
        return b""
    key = base64.b64decode(done.output)
    if len(key) != _KEY_BYTES:
        raise HostError(
            f"{shell.name}: {file} has {len(key)} bytes, and a key has {_KEY_BYTES}: it is damaged",
            hint="remove it: a new one is made, and secrets and configs are stored again by the next deploy",
        )
    return key


def version_of(key: bytes, name: str, content: bytes, *, mode: int, owner: tuple[int, int] | None) -> str:
    """Of the content and of who may read it: a file that is mounted somewhere is never changed, not even its mode."""
    head = f"{name}\n{mode:o}\n{owner}\n".encode()
    return hmac.digest(key, head + content, "sha256").hex()[:_DIGITS]


async def put_version(
    shell: HostShell, path: str, content: bytes, *, mode: int, owner: tuple[int, int] | None, fence: str
) -> None:
    """Writes it where it is not there yet, or not as it should be. Raises HostError, Occupied."""
    folder, _, name = path.rpartition("/")
    whose = f"{owner[0]}:{owner[1]}" if owner else ""
    put = _PUT_VERSION.with_arguments(path, f"{folder}/{ASIDE}{name}", len(content), f"{mode:o}", whose)
    done = await shell.run(writing() + fence + put, given=content)
    if done.status:
        raise failed(done, shell.name, f"{path} can't be written")


async def remove_versions(shell: HostShell, folder: str, keep: Iterable[tuple[str, str]], *, fence: str) -> None:
    """All below `folder` but these (name, version). Raises HostError, Occupied."""
    kept = sorted(f"{name}/{version}" for name, version in keep)
    done = await shell.run(writing() + fence + _REMOVE.with_arguments(folder, *kept))
    if done.status:
        raise failed(done, shell.name, f"old versions below {folder} can't be removed")


_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]{0,127}")
_USED = 46
"""The status of a write whose number was another release's."""
_READ = HostScript(__package__, "read_releases.sh")
_NUMBERS = HostScript(__package__, "release_numbers.sh")
_WRITE = HostScript(__package__, "write_release.sh")
_CONTENTS = HostScript(__package__, "contents.sh")
_ERASE = HostScript(__package__, "erase.sh")


class FileStore:
    """The ReleaseStore of one project on one host. While it holds the lock, no script of it changes anything once
    another one took over."""

    def __init__(self, site: Site, project: str) -> None:
        """Raises UsageError for what is no name of a Compose project."""
        if not _PROJECT.fullmatch(project):
            raise UsageError(f"{project!r} is not the name of a project", hint="lowercase letters, digits, `_` and `-`")
        self.project = project
        self.folder = f"{site.state}/releases/{project}"
        self._shell = site.shell
        self._key_file = f"{site.state}/versions.key"
        self._key = b""
        self._held: FileLock | None = None

    @contextlib.asynccontextmanager
    async def lock(self, *, who: str, doing: str, take_over: bool = False) -> AsyncIterator[FileLock]:
        """Raises Occupied, which names the holder, and HostError."""
        async with held(
            self._shell, self.folder, self.project, who=who, doing=doing, take_over=take_over
        ) as self._held:
            try:
                yield self._held
            finally:
                self._held = None

    async def releases(self, *, skip_damaged: bool = False) -> Sequence[Release]:
        """All that are kept, oldest first. Raises UnreadableInput for a damaged one, unless it is to be skipped."""
        done = await self._shell.run(_READ.with_arguments(self.folder, 10 * MOST_BYTES))
        if done.status:
            raise failed(done, self._shell.name, f"{self.folder} can't be read")
        unreadable, _, archive = done.output.partition("\n")
        texts = {int(number): b"" for number in unreadable.split()}
        files, _ = unpacked_files(self._shell.name, base64.b64decode(archive))
        texts |= {int(name.removesuffix(".json")): text for name, text in files.items()}
        found = []
        for number, text in sorted(texts.items()):
            file = f"{self.folder}/{number}.json"
            try:
                found.append(decoded(text, file))
            except UnreadableInput:
                if not skip_damaged:
                    raise
        return found

    async def not_by_admins(self, releases: Sequence[Release]) -> frozenset[int]:
        """None: the folder is root's, or of who deploys."""
        return frozenset()

    async def next_number(self) -> int:
        """Larger than that of every release there ever was, also of those that are gone."""
        done = await self._shell.run(CONTENT.text + _NUMBERS.with_arguments(self.folder))
        return max((int(word) for word in done.output.split() if word.isdecimal()), default=0) + 1

    async def write(self, release: Release) -> None:
        """Raises UsageError for one that is too large or has a number that was another's, HostError, Occupied."""
        content = encoded(release)
        async with self._fenced():
            await self._write(release.number, content)

    async def _write(self, number: int, content: bytes) -> None:
        functions = writing() + CONTENT.text
        write = _WRITE.with_arguments(number, self.folder, len(content))
        done = await self._shell.run(functions + self._fence + write, given=content)
        if done.status == _USED:
            raise UsageError(f"number {number} was that of a release of {self.project} which is gone")
        if done.status:
            raise failed(done, self._shell.name, f"{self.folder}/{number}.json can't be written")
        if int(done.output or 0) > KEPT:
            await self._forget()

    async def keep_version(self, name: str, content: bytes, *, mode: int, owner: tuple[int, int] | None) -> str:
        """Raises UsageError for what is no name, HostError, Occupied."""
        async with self._fenced():
            version = await self.foreseen_version(name, content, mode=mode, owner=owner)
            path = self.path_of(name, version)
            await put_version(self._shell, path, content, mode=mode, owner=owner, fence=self._fence)
        return version

    async def foreseen_version(
        self, name: str, content: bytes, *, mode: int, owner: tuple[int, int] | None, making_key: bool = True
    ) -> str:
        """Raises UsageError for what is no name, HostError."""
        must_be_name(name)
        self._key = self._key or await host_key(self._shell, self._key_file, self.folder, making=making_key)
        return version_of(self._key or secrets.token_bytes(32), name, content, mode=mode, owner=owner)

    def path_of(self, name: str, version: str) -> str:
        return f"{self.folder}/versions/{must_be_name(name)}/{version}"

    def definition_of(self, name: str, version: str) -> FileObject:
        return FileObject.from_json({"file": self.path_of(name, version)})

    async def kept_version(self, name: str, version: str) -> str | None:
        return await self._shell.file(self.path_of(name, version))

    async def clean(self, keep: Sequence[Release]) -> None:
        """Raises HostError, Occupied."""
        used = {version for release in keep for version in used_versions(release.versions, release.spec)}
        async with self._fenced():
            await remove_versions(self._shell, f"{self.folder}/versions", used, fence=self._fence)

    async def contents(self) -> StoreContents:
        """Raises HostError."""
        done = await self._shell.run(_CONTENTS.with_arguments(self.folder, self._removed))
        if done.status:
            raise failed(done, self._shell.name, f"{self.folder} can't be read")
        lines = done.output.splitlines()
        numbers = sorted(
            int(word) for each in lines if (word := each.removesuffix(".json")) != each and word.isdecimal()
        )
        versions = [each.split("/")[1:] for each in lines if each.startswith("versions/") and each.count("/") == 2]
        return StoreContents(
            tuple(map(str, numbers)), tuple((name, version) for name, version in versions), has_more=bool(lines)
        )

    async def erase(self) -> None:
        """Needs the lock. Raises HostError, Occupied."""
        assert self._held is not None, "nobody else may be at work"
        epochs = f"{self.folder.rpartition('/')[0]}/{FLOOR}"
        erase = _ERASE.with_arguments(self.folder, self._removed, epochs)
        done = await self._shell.run(writing() + self._fence + erase)
        if done.status:
            raise failed(done, self._shell.name, f"{self.folder} can't be removed")

    @property
    def _removed(self) -> str:
        """Where the folder is on its way out. No project has a dot in its name."""
        parent, _, name = self.folder.rpartition("/")
        return f"{parent}/.removed.{name}"

    @property
    def _fence(self) -> str:
        return self._held.fence if self._held else ""

    @contextlib.asynccontextmanager
    async def _fenced(self) -> AsyncIterator[None]:
        """Who took over cleared away what lay aside: then that is the reason why something failed, and is said."""
        try:
            yield
        except HostError:
            if self._held is not None:
                with contextlib.suppress(HostError):
                    await self._held.check()
            raise

    async def _forget(self) -> None:
        """What is neither among the last nor needed. A damaged record stays for a person to see."""
        numbers = superfluous(await self.releases(skip_damaged=True))
        if not numbers:
            return
        files = " ".join(shlex.quote(f"{self.folder}/{number}.json") for number in numbers)
        done = await self._shell.run(f"{writing()}{self._fence}rm -f -- {files}")
        if done.status:
            raise failed(done, self._shell.name, f"{files} can't be removed")
