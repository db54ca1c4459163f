"""Secrets and configs as files of a host, one a version: what a container mounts never changes under it."""

from __future__ import annotations

import base64
import hmac
import re
import shlex
from collections.abc import Iterable

from ...engine.hand import CONTENT, Hand
from ...errors import HostError, UsageError
from .host_files import ASIDE, PUT, failed

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
