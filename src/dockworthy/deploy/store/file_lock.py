"""The lock of a project on a host: who is at work on it, and how that is taken over from one that does not answer.

Each holder has a file of its own, `lock.EPOCH`, and an exclusive flock on it that its shell holds. The highest epoch
counts. Who comes next makes `lock.EPOCH+1` beside, locks it, writes its name into it, and links it into place: that
works for one of any number at once, and there is no moment at which it is there and not locked. So an epoch that is
free once stays free, a lock ends with the shell that holds it, and taking over from a living holder is the same deed:
that one finds a higher epoch when it looks. The highest file stays where it is; it is what makes epochs grow.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shlex
from collections.abc import AsyncIterator

from ...engine.host_shell import CONTENT, Hand
from ...errors import DockworthyError, HostError, Occupied
from .host_files import ASIDE, FENCED, FLOOR, TOP, failed, fence, taken_over

_TRIES = 20
"""As many may be faster than we before we give up."""
_LOCK = (
    """
lock() { # FOLDER WHO TAKE_OVER: descriptor 9 holds it
  command -v flock >/dev/null || { r done 2 "flock is not installed (package util-linux)"; return; }
  tries=0; first=
  while [ $tries -lt TRIES ]; do
    tries=$((tries + 1)); top "$1"; : "${first:=$top}"; now="$1/lock.$top"
    if [ -e "$now" ] && ! [ -f "$now" ]; then r done 2 "$now is no regular file"; return; fi
    if [ "$top" != 0 ] && ! ( exec 8<"$now" && flock -n -s 8 ) 2>/dev/null; then
      [ -e "$now" ] || continue
      [ "$3" = yes ] && [ "$top" = "$first" ] || { r done 1 "$(head -n 1 "$now" | head -c 400)"; return; }
    fi
    aside=$(umask 077; mktemp "$1/ASIDEXXXXXX" 2>&1) || { r done 2 "$aside"; return; }
    if [ "$top" = 0 ]; then floor "$1"; fi
    why=$( { printf '%s, since %s\\n' "$2" "$(date -u +%Y-%m-%dT%H:%M:%SZ)" >"$aside"; } 2>&1) ||
      { rm -f -- "$aside"; r done 2 "$why"; return; }
    mine="$1/lock.$((top + 1))"
    if { command exec 9<"$aside"; } 2>/dev/null && flock -n 9 && ln -- "$aside" "$mine" 2>/dev/null; then
      rm -f -- "$aside"; top "$1"
      if [ "$1/lock.$top" = "$mine" ]; then tidy "$1" "$top"; r done 0 "$top"; return; fi
      rm -f -- "$mine"
    fi
    rm -f -- "$aside"; exec 9<&-
  done
  r done 2 "too many were faster"
}
floor() { # FOLDER: no project begins below the epochs of one that was removed: a holder of that one may only sleep
  now=$(cat "$1/../FLOOR" 2>/dev/null); case $now in ''|*[!0-9]*) ;; *) top=$now ;; esac
}
tidy() { # FOLDER EPOCH: what those before left
  for file in "$1"/lock.*; do
    case ${file##*/lock.} in ''|*[!0-9]*) continue ;; esac
    [ "${file##*/lock.}" -ge "$2" ] || rm -f -- "$file"
  done
  find "$1" -name 'ASIDE*' -type f -exec rm -f -- {} + 2>/dev/null
}
""".replace("TRIES", str(_TRIES))
    .replace("ASIDE", ASIDE)
    .replace("FLOOR", FLOOR)
)


class FileLock:
    """Held by one deploy of a project; `epoch` is larger than that of all before."""

    def __init__(self, hand: Hand, folder: str, epoch: int) -> None:
        self._hand = hand
        self._folder = folder
        self.epoch = epoch

    @property
    def fence(self) -> str:
        """Before what changes something: ends a script where somebody took over."""
        return fence(self._folder, self.epoch)

    async def check(self) -> None:
        """Raises Occupied where another one took over, HostError where the host is lost."""
        done = await self._hand.run(self.fence)
        if done.status == FENCED:
            raise taken_over(self._hand.name, await self._taker())
        if done.status:
            raise failed(done, self._hand.name, f"{self._folder} can't be read")

    async def _taker(self) -> str:
        folder = shlex.quote(self._folder)
        done = await self._hand.run(
            f'{TOP}{CONTENT}top {folder}; content {folder}/"lock.$top" 4096 | head -n 1 | head -c 400'
        )
        return _printable(done.output)


@contextlib.asynccontextmanager
async def held(
    hand: Hand, folder: str, project: str, *, who: str, doing: str, take_over: bool
) -> AsyncIterator[FileLock]:
    """Raises Occupied, which names the holder, and HostError where nothing can be written."""
    holder = _printable(f"{who}, process {os.getpid()}: {doing}")
    made = await hand.run(f"umask 077; mkdir -p -- {shlex.quote(folder)}")
    if made.status:
        raise failed(made, hand.name, f"{folder} can't be made")
    arguments = " ".join(shlex.quote(given) for given in (folder, holder, "yes" if take_over else "no"))
    done = await hand.within(f"{TOP}{_LOCK}lock {arguments}")
    if done.status == 1:
        raise _occupied(hand.name, project, _printable(done.words))
    if done.status:
        raise failed(done, hand.name, f"the lock of {project} can't be taken in {folder}")
    try:
        yield FileLock(hand, folder, int(done.words))
    finally:
        with contextlib.suppress(HostError, asyncio.CancelledError):  # who lost the host lost the lock, too
            await hand.within("exec 9<&-; r done 0 ''")


def _occupied(host: str, project: str, holder: str) -> DockworthyError:
    return Occupied(
        f"somebody is at work on {project} on {host}: {holder or 'without a name'}",
        hint="wait until that has ended; where it hangs (a laptop that sleeps, a lost network): --take-over. It then "
        "ends within seconds and touches nothing any more",
    )


def _printable(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text).strip()[:400]
