"""While a service's old containers are down and the new ones not yet up, somebody on the host itself looks after it.

A deploy that dies in that moment (killed, its laptop closed, the network gone) would leave the service down. So a
small process on the host waits for the end of our shell there, and then puts the old containers back.
"""

from __future__ import annotations

import contextlib
import shlex
from collections.abc import AsyncIterator, Sequence

from ...engine.host_shell import Hand

_GUARD = r"""
mark=$1 shell=$2 socket=$3 new=$4 old=$5
echo $$ >"$mark"
while [ -e "$mark" ] && kill -0 "$shell" 2>/dev/null; do sleep 0.2; done
[ -e "$mark" ] || exit 0
ask() {
  if command -v docker >/dev/null 2>&1; then docker -H "unix://$socket" container "$1" "$2"
  else curl -sf -X POST --unix-socket "$socket" "http://localhost/containers/$2/$1"; fi
}
for each in $new; do ask stop "$each"; done
for each in $old; do
  case $each in
    *=*) docker -H "unix://$socket" service scale --detach "$each" ;;
    *) ask stop "$each"; ask start "$each" ;; # it may have been told to stop just before: it is to end first
  esac
done
rm -f "$mark"
"""


_SETTLED = r"""
for tries in $(seq 600); do
  busy=
  for mark in FOLDER/swap.*; do
    [ -e "$mark" ] || continue
    if [ -f "$mark" ] && guard=$(head -c 20 "$mark") && [ -n "$guard" ] && kill -0 "$guard" 2>/dev/null; then
      busy=yes
    else rm -f "$mark"; fi
  done
  [ -n "$busy" ] || exit 0
  sleep 0.1
done
exit 1
"""


class SwapGuard:
    """`folder` is the host's own of this project, `socket` the engine's on the host."""

    def __init__(self, hand: Hand, folder: str, socket: str) -> None:
        self._hand = hand
        self._folder = folder
        self._socket = socket

    async def settled(self) -> None:
        """Waits for the guards of a deploy that died: they are putting old containers back. One that died too, with
        its host, holds nobody up."""
        await self._hand.run(_SETTLED.replace("FOLDER", shlex.quote(self._folder)), seconds=90.0)

    @contextlib.asynccontextmanager
    async def until_done(self, new: Sequence[str], old: Sequence[str]) -> AsyncIterator[bool]:
        """While the block runs: should we die, `new` are stopped and `old` started. Yields whether there is a guard:
        a host that has neither docker's command line nor curl can have none. `SERVICE=N` in `old` is a service of a
        swarm and how many it wants: of those only docker's command line knows."""
        able = await self._hand.run("command -v docker || command -v curl")
        if able.status or not old or not self._socket:
            yield False
            return
        mark = f"{self._folder}/swap.{new[0][:12] if new else 'none'}"
        words = [shlex.quote(each) for each in (self._socket, " ".join(new), " ".join(old))]
        await self._hand.run(
            f"umask 077; mkdir -p {shlex.quote(self._folder)} && echo $$ >{shlex.quote(mark)} && "
            f"setsid sh -c {shlex.quote(_GUARD)} guard {shlex.quote(mark)} $PPID {' '.join(words)} "
            "</dev/null >/dev/null 2>&1 &"
        )
        try:
            yield True
        finally:
            await self._hand.run(f"rm -f {shlex.quote(mark)}")
