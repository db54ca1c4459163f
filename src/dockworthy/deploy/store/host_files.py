"""The lines of shell by which a store writes on a host. Nothing but POSIX and sync, mktemp, base64, flock is there."""

from __future__ import annotations

import shlex

from ...engine.host_shell import Done
from ...errors import DockworthyError, HostError, Occupied

ASIDE = ".new."
"""How files begin that are not whole yet. What a killed run left of them goes when the next one takes the lock."""

FLOOR = ".epochs"
"""Beside the projects' folders: the highest epoch of those that were removed."""

FENCED = 45
"""The status of a script that found a later epoch than its own."""

PUT = f"""
umask 077
fenced() {{ :; }}
put() {{ # PATH BYTES MODE OWNER: what comes in, whole or not at all; durable when this returns 0
  folder=${{1%/*}}
  mkdir -p -- "$folder" && aside=$(mktemp "$folder/{ASIDE}XXXXXX") || return 1
  cat >"$aside" && whole "$aside" "$2" && {{ [ -z "$4" ] || chown "$4" "$aside"; }} && chmod "$3" "$aside" &&
    sync "$aside" && fenced && mv -f -- "$aside" "$1" && sync "$folder" && return 0
  set -- $?; rm -f -- "$aside"; return "$1"
}}
whole() {{ [ "$(wc -c <"$1" | tr -d ' ')" = "$2" ] || {{ echo "what came was cut off" >&2; return 1; }}; }}
"""

TOP = """
top() { # FOLDER: the highest epoch that there ever was; 0 where there was none
  top=0
  for file in "$1"/lock.*; do
    case ${file##*/lock.} in ''|*[!0-9]*) continue ;; esac
    [ "${file##*/lock.}" -le "$top" ] || top=${file##*/lock.}
  done
}
"""


def fence(folder: str, epoch: int) -> str:
    """After PUT, before the rest of a script: ends it with FENCED where somebody took over after `epoch`.

    `put` looks once more before it moves. What it made aside before the other one came is then gone, what it makes
    later it does not move: however long it is stopped in the middle, nothing of it comes into place.
    """
    return (
        f'{TOP}\nfenced() {{ top {shlex.quote(folder)}; [ "$top" = {epoch} ] || return {FENCED}; }}\nfenced || exit\n'
    )


def failed(done: Done, host: str, what: str) -> DockworthyError:
    """Why a script did not do `what` (as `PATH can't be written`)."""
    if done.status == FENCED:
        return taken_over(host)
    return HostError(
        f"{host}: {what}: {done.words or 'no reason was given'}",
        hint="is the disk full, or the file system read-only?",
    )


def taken_over(host: str, by: str = "") -> Occupied:
    return Occupied(
        f"this deploy was paused, and meanwhile another one took over on {host}{f': {by}' if by else ''}",
        hint="it did nothing since; `dockworthy releases` shows what became of its release",
    )
