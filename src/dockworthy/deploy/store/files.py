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

from ...engine.host_shell import CONTENT, Hand
from ...errors import HostError, UnreadableInput, UsageError
from ...model.compose_project import FileObject
from ...model.release import Release
from ..secret_versions import used_versions
from ..site import Site
from .file_lock import FileLock, held
from .host_files import ASIDE, FLOOR, PUT, failed
from .record import decoded, encoded, superfluous
from .release_store import KEPT, MOST_BYTES, StoreContents

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,199}")
_DIGITS = 12
"""Of a version: the first hexadecimal ones."""
_KEY_BYTES = 32
_KEY = """
key() { # FILE FOLDER MAKING: made where there is none; of two that come at once, one is everybody's
  if ! [ -e "$1" ]; then
    [ "$3" = yes ] || { r done 0 none; return; }
    aside=$(umask 077; mkdir -p -- "$2" 2>&1 && mktemp "$2/ASIDEXXXXXX" 2>&1) || { r done 1 "$aside"; return; }
    why=$( { head -c BYTES /dev/urandom >"$aside" && sync "$aside"; } 2>&1) && ln -- "$aside" "$1" 2>/dev/null
    rm -f -- "$aside"
  fi
  [ -r "$1" ] || { r done 1 "${why:-it can't be read}"; return; }
  [ -f "$1" ] || { r done 1 "it is no regular file"; return; }
  content "$1" 1000 | base64 >&3
  r done 0 ''
}
""".replace("BYTES", str(_KEY_BYTES)).replace("ASIDE", ASIDE)


_IN_PLACE = """
if [ -f "$at" ] && cmp -s "$new" "$at" &&
  [ "$(stat -c '%a %u %g' "$new")" = "$(stat -c '%a %u %g' "$at")" ]; then rm -f -- "$new"
else fenced && mv -f -- "$new" "$at" && sync "${at%/*}"; fi
"""
_REMOVE = """
for file in */*; do
  [ -f "$file" ] || continue
  case $file in %s) ;; *) rm -f -- "$file" || exit ;; esac
done
for name in */; do rmdir -- "$name" 2>/dev/null; done
exit 0
"""


def must_be_name(name: str) -> str:
    """Raises UsageError for what is no name of a secret or config: it becomes that of a folder."""
    if not _NAME.fullmatch(name):
        raise UsageError(f"{name!r} can't be the name of a secret or config", hint="use letters, digits, `.`, `_`, `-`")
    return name


async def host_key(hand: Hand, file: str, folder: str, *, making: bool) -> bytes:
    """The host's key. Where there is none it is made, aside in `folder`; or else b"". Raises HostError.

    It is in memory alone: on no command line, and in no file but its own.
    """
    done = await hand.within(
        f"{CONTENT}{_KEY}key {shlex.quote(file)} {shlex.quote(folder)} {'yes' if making else 'no'}"
    )
    if done.status:
        raise failed(done, hand.name, f"the key of the versions, {file}, can't be made")
    if done.words == "none":
        return b""
    key = base64.b64decode(done.output)
    if len(key) != _KEY_BYTES:
        raise HostError(
            f"{hand.name}: {file} has {len(key)} bytes, and a key has {_KEY_BYTES}: it is damaged",
            hint="remove it: a new one is made, and secrets and configs are stored anew by the next deploy",
        )
    return key


def version_of(key: bytes, name: str, content: bytes, *, mode: int, owner: tuple[int, int] | None) -> str:
    """Of the content and of who may read it: a file that is mounted somewhere is never changed, not even its mode."""
    head = f"{name}\n{mode:o}\n{owner}\n".encode()
    return hmac.digest(key, head + content, "sha256").hex()[:_DIGITS]


async def put_version(
    hand: Hand, path: str, content: bytes, *, mode: int, owner: tuple[int, int] | None, fence: str
) -> None:
    """Writes it where it is not there yet, or not as it should be. Raises HostError, Occupied."""
    folder, _, name = path.rpartition("/")
    whose = f"{owner[0]}:{owner[1]}" if owner else ""
    # What is there already is compared and not made anew: containers hold that very file.
    done = await hand.run(
        f"{PUT}{fence}at={shlex.quote(path)} new={shlex.quote(f'{folder}/{ASIDE}{name}')}\n"
        f"put \"$new\" {len(content)} {mode:o} '{whose}' || exit\n{_IN_PLACE}",
        given=content,
    )
    if done.status:
        raise failed(done, hand.name, f"{path} can't be written")


async def remove_versions(hand: Hand, folder: str, keep: Iterable[tuple[str, str]], *, fence: str) -> None:
    """All below `folder` but these (name, version). Raises HostError, Occupied."""
    kept = "|".join(sorted(shlex.quote(f"{name}/{version}") for name, version in keep)) or "''"
    done = await hand.run(f"{PUT}{fence}cd {shlex.quote(folder)} 2>/dev/null || exit 0\n{_REMOVE % kept}")
    if done.status:
        raise failed(done, hand.name, f"old versions below {folder} can't be removed")


_PROJECT = re.compile(r"[a-z0-9][a-z0-9_-]{0,127}")
_USED = 46
"""The status of a write whose number was another release's."""
_READ = r"""
cd {folder} 2>/dev/null || exit 0
for file in [0-9]*.json; do
  case ${{file%.json}} in *[!0-9]*) continue ;; esac
  text=$(content "$file" {most} 2>/dev/null | base64 | tr -d '\n')
  if [ -e "$file" ] || [ -h "$file" ]; then printf '%s %s\n' "${{file%.json}}" "$text"; fi
done
exit 0
"""
_WRITE = """
number={number} folder={folder} file={folder}/{number}.json new=
if ! [ -e "$file" ]; then
  last=$(content "$folder/last" 100 2>/dev/null)
  case $last in ''|*[!0-9]*) last=0 ;; esac
  [ "$number" -gt "$last" ] || exit {used}
  new=yes
  printf '%s\\n' "$number" | put "$folder/last" $((${{#number}} + 1)) 600 '' || exit
fi
put "$file" {size} 600 '' || exit
[ -z "$new" ] || ls "$folder" | grep -c '^[0-9]*\\.json$'
exit 0
"""


_CONTENTS = """
cd {folder} 2>/dev/null && for each in * versions/*/*; do
  case $each in versions|lock.*) continue ;; esac
  if [ -e "$each" ] || [ -h "$each" ]; then printf '%s\\n' "$each"; fi
done
[ ! -e {removed} ] || echo removed
exit 0
"""
_ERASE = """
epoch=$top
floor=$(cat {parent}/{floor} 2>/dev/null)
case $floor in ''|*[!0-9]*) floor=0 ;; esac
if [ "$epoch" -gt "$floor" ]; then
  printf '%s\\n' "$epoch" | put {parent}/{floor} $((${{#epoch}} + 1)) 600 '' || exit
fi
rm -rf -- {removed} && {{ [ ! -e {folder} ] || mv -T -- {folder} {removed}; }} && sync -f {parent} &&
  rm -rf -- {removed}
"""
"""The folder goes at once: who comes next makes a new one, of which nothing of this one is removed."""


class FileStore:
    """The ReleaseStore of one project on one host. While it holds the lock, no script of it changes anything once
    another one took over."""

    def __init__(self, site: Site, project: str) -> None:
        """Raises UsageError for what is no name of a Compose project."""
        if not _PROJECT.fullmatch(project):
            raise UsageError(f"{project!r} is not the name of a project", hint="lowercase letters, digits, `_` and `-`")
        self.project = project
        self.folder = f"{site.state}/releases/{project}"
        self._hand = site.hand
        self._key_file = f"{site.state}/versions.key"
        self._key = b""
        self._held: FileLock | None = None

    @contextlib.asynccontextmanager
    async def lock(self, *, who: str, doing: str, take_over: bool = False) -> AsyncIterator[FileLock]:
        """Raises Occupied, which names the holder, and HostError."""
        async with held(self._hand, self.folder, self.project, who=who, doing=doing, take_over=take_over) as self._held:
            try:
                yield self._held
            finally:
                self._held = None

    async def releases(self, *, skip_damaged: bool = False) -> Sequence[Release]:
        """All that are kept, oldest first. Raises UnreadableInput for a damaged one, unless it is to be skipped."""
        done = await self._hand.run(CONTENT + _READ.format(folder=shlex.quote(self.folder), most=10 * MOST_BYTES))
        if done.status:
            raise failed(done, self._hand.name, f"{self.folder} can't be read")
        found = []
        for number, _, text in sorted((line.partition(" ") for line in done.output.splitlines()), key=_number):
            file = f"{self.folder}/{number}.json"
            try:
                found.append(decoded(base64.b64decode(text), file))
            except UnreadableInput:
                if not skip_damaged:
                    raise
        return found

    async def next_number(self) -> int:
        """Larger than that of every release there ever was, also of those that are gone."""
        folder = shlex.quote(self.folder)
        done = await self._hand.run(
            f"{CONTENT}content {folder}/last 100 2>/dev/null; "
            f"ls {folder} 2>/dev/null | sed -n 's/^\\([0-9]*\\)\\.json$/\\1/p'; exit 0"
        )
        return max((int(word) for word in done.output.split() if word.isdecimal()), default=0) + 1

    async def write(self, release: Release) -> None:
        """Raises UsageError for one that is too large or has a number that was another's, HostError, Occupied."""
        content = encoded(release)
        async with self._fenced():
            await self._write(release.number, content)

    async def _write(self, number: int, content: bytes) -> None:
        done = await self._hand.run(
            PUT
            + CONTENT
            + self._fence
            + _WRITE.format(number=number, folder=shlex.quote(self.folder), size=len(content), used=_USED),
            given=content,
        )
        if done.status == _USED:
            raise UsageError(f"number {number} was that of a release of {self.project} which is gone")
        if done.status:
            raise failed(done, self._hand.name, f"{self.folder}/{number}.json can't be written")
        if int(done.output or 0) > KEPT:
            await self._forget()

    async def keep_version(self, name: str, content: bytes, *, mode: int, owner: tuple[int, int] | None) -> str:
        """Raises UsageError for what is no name, HostError, Occupied."""
        async with self._fenced():
            version = await self.foreseen_version(name, content, mode=mode, owner=owner)
            path = self.path_of(name, version)
            await put_version(self._hand, path, content, mode=mode, owner=owner, fence=self._fence)
        return version

    async def foreseen_version(
        self, name: str, content: bytes, *, mode: int, owner: tuple[int, int] | None, making_key: bool = True
    ) -> str:
        """Raises UsageError for what is no name, HostError."""
        must_be_name(name)
        self._key = self._key or await host_key(self._hand, self._key_file, self.folder, making=making_key)
        return version_of(self._key or secrets.token_bytes(32), name, content, mode=mode, owner=owner)

    def path_of(self, name: str, version: str) -> str:
        return f"{self.folder}/versions/{must_be_name(name)}/{version}"

    def definition_of(self, name: str, version: str) -> FileObject:
        return FileObject.from_json({"file": self.path_of(name, version)})

    async def kept_version(self, name: str, version: str) -> str | None:
        return await self._hand.file(self.path_of(name, version))

    async def clean(self, keep: Sequence[Release]) -> None:
        """Raises HostError, Occupied."""
        used = {version for release in keep for version in used_versions(release.versions, release.spec)}
        async with self._fenced():
            await remove_versions(self._hand, f"{self.folder}/versions", used, fence=self._fence)

    async def contents(self) -> StoreContents:
        """Raises HostError."""
        folder, removed = (shlex.quote(each) for each in (self.folder, self._removed))
        done = await self._hand.run(_CONTENTS.format(folder=folder, removed=removed))
        if done.status:
            raise failed(done, self._hand.name, f"{self.folder} can't be read")
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
        script = _ERASE.format(
            parent=shlex.quote(self.folder.rpartition("/")[0]),
            folder=shlex.quote(self.folder),
            removed=shlex.quote(self._removed),
            floor=FLOOR,
        )
        done = await self._hand.run(PUT + self._fence + script)
        if done.status:
            raise failed(done, self._hand.name, f"{self.folder} can't be removed")

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
        done = await self._hand.run(f"{PUT}{self._fence}rm -f -- {files}")
        if done.status:
            raise failed(done, self._hand.name, f"{files} can't be removed")


def _number(line: tuple[str, str, str]) -> int:
    return int(line[0])
