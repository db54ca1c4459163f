"""Which containers stand by, and until when: a file on the host, and a small process there that removes them in time.

`STATE/releases/PROJECT/standby.NAME` holds the second (of the host's clock) at which it is over, and the containers'
ids. Whoever renames it first has them: the process, when the time is over, or a deploy that brings them back.
"""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Collection, Sequence

from ....engine.hand import Hand
from ....errors import HostError
from ....model.rollout import Standby
from ...store.host_files import ASIDE, failed

_GUARD = r"""
mark=$1 until=$2 socket=$3
shift 3
cd /
while [ -e "$mark" ] && [ "$(date +%s)" -lt "$until" ]; do sleep 1; done
mv "$mark" "$mark.over" || exit 0
for each; do
  if command -v docker >/dev/null; then
    docker -H "unix://$socket" container stop "$each"; docker -H "unix://$socket" container rm --force "$each"
  else
    curl -s -X POST --unix-socket "$socket" "http://localhost/containers/$each/stop"
    curl -s -X DELETE --unix-socket "$socket" "http://localhost/containers/$each?force=true"
  fi
done
rm -f "$mark.over"
"""
"""One that is over and still there when the machine is back is found by the next deploy."""

_READ = """
cd {folder} 2>/dev/null || exit 0
now=$(date +%s)
for mark in standby.*; do
  [ -f "$mark" ] || continue
  read -r until ids 2>/dev/null <"$mark" || continue
  case $mark in *.over) until=0 ;; esac
  case $until in ''|*[!0-9]*) continue ;; esac
  printf '%s %s %s\\n' "$mark" $((until - now)) "$ids"
done
exit 0
"""

_KEEP = """
umask 077
mkdir -p {folder} && aside=$(mktemp {folder}/{aside}XXXXXX) && until=$(($(date +%s) + {seconds})) || exit 1
printf '%s %s\\n' "$until" {ids} >"$aside" && sync "$aside" && mv "$aside" {mark} || {{ rm -f "$aside"; exit 1; }}
[ -n {socket} ] && {{ command -v docker || command -v curl; }} >/dev/null || exit 0
setsid sh -c {guard} guard {mark} "$until" {socket} {words} </dev/null >/dev/null 2>&1 3>&- 8>&- 9>&- &
echo guarded
"""


class StandbyMarks:
    """`folder` is the host's own of this project, `socket` the engine's on the host. All of it raises HostError."""

    def __init__(self, hand: Hand, folder: str, socket: str) -> None:
        self._hand = hand
        self._folder = folder
        self._socket = socket

    async def read(self) -> tuple[Standby, ...]:
        """Those whose time is over, too: their `left` is not above 0."""
        done = await self._hand.run(_READ.format(folder=shlex.quote(self._folder)))
        lines = [line.split() for line in done.output.splitlines()]
        return tuple(Standby(mark=mark, left=float(left), tasks=tuple(ids)) for mark, left, *ids in lines)

    async def keep(self, containers: Sequence[str], seconds: float) -> bool:
        """From now on, for so long. Returns whether somebody on the host will remove them then: without docker's
        command line and curl only the next deploy does."""
        script = _KEEP.format(
            folder=shlex.quote(self._folder),
            aside=ASIDE,
            seconds=max(1, round(seconds)),
            ids=shlex.quote(" ".join(containers)),
            mark=shlex.quote(f"{self._folder}/standby.{secrets.token_hex(4)}"),
            socket=shlex.quote(self._socket),
            guard=shlex.quote(_GUARD),
            words=" ".join(shlex.quote(each) for each in containers),
        )
        done = await self._hand.run(script)
        if done.status:
            raise failed(done, self._hand.name, f"{self._folder}/standby can't be written")
        return "guarded" in done.output

    async def take(self, standing_by: Collection[Standby]) -> bool:
        """They are the caller's from now on, whatever becomes of the time. False where it was over just before."""
        folder = shlex.quote(self._folder)
        for each in standing_by:
            mark = shlex.quote(each.mark)
            done = await self._hand.run(f"cd {folder} && mv {mark} {ASIDE}{mark} && rm -f {ASIDE}{mark}")
            if done.status:
                return False
        return True

    async def forget(self, standing_by: Collection[Standby]) -> None:
        """Their containers are gone."""
        words = " ".join(shlex.quote(each.mark) for each in standing_by)
        done = await self._hand.run(f"cd {shlex.quote(self._folder)} && rm -f {words}")
        if done.status:
            raise HostError(f"{self._hand.name}: {self._folder} can't be written: {done.words}")
