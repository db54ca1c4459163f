"""The follower comes to a host with the edge, is kept running there, and goes with the edge; and how it stands."""

from __future__ import annotations

import hashlib
import json
import shlex
from collections.abc import Iterator, Sequence

from msgspec import Struct

from ....engine.host_shell import ScriptDone
from ....engine.site import Site, write_file
from ....errors import HostError
from ....host_scripts import HostScript

_PLACE = HostScript(__package__, "place.sh")
_FORGET = HostScript(__package__, "forget.sh")
USUAL_STATE = "/var/lib/dockworthy"
"""Units and cron's files are the machine's: only the follower of the edge that is kept here has some."""
UNIT = "/etc/systemd/system/dockworthy-edge-follow.service"
CRON = "/etc/cron.d/dockworthy-edge-follow"
DOES = "containers recreated by hand join the edge by themselves (`docker compose up`)"
_DOES_NOT = "containers recreated by hand do not join the edge by themselves (`docker compose up`)"
_HEAD = "# Written by dockworthy deploy; it goes with the last project at the edge (dockworthy remove).\n"
_SERVICE = """\
[Unit]
Description=Containers recreated by hand join dockworthy's edge
After=docker.service
StartLimitIntervalSec=0

[Service]
ExecStart={python} -I -S {folder}/follow/follower.py {folder} {socket}
Restart=always
RestartSec=1
CapabilityBoundingSet=
LockPersonality=yes
MemoryDenyWriteExecute=yes
MemoryMax=128M
NoNewPrivileges=yes
PrivateDevices=yes
PrivateNetwork=yes
PrivateTmp=yes
ProtectHome=yes
ProtectSystem=strict
ReadWritePaths={folder}/follow
RestrictAddressFamilies=AF_UNIX

[Install]
WantedBy=multi-user.target
"""
_PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n"
_MINUTELY = (
    "* * * * * root [ ! -e {folder}/follow/keep.sh ] || sh {folder}/follow/keep.sh {python} {folder} {socket} &\n"
)
"""One that runs already ends at once."""
_SECONDS = 120.0


class FollowerPlaced(Struct, frozen=True):
    """`missing`: what a deploy would put in place, in words; "" where it runs as it should. `note`: what is worth
    knowing of it."""

    missing: str = ""
    note: str = ""


class _Looked(Struct, frozen=True):
    python: str
    by: str
    runs: bool
    sums: dict[str, str]


class Follower:
    """Of the edge that is kept in `folder` of the host."""

    def __init__(self, site: Site, folder: str) -> None:
        self._site = site
        self._folder = folder

    async def look(self) -> FollowerPlaced:
        """Changes nothing. Raises HostError."""
        return self._placed(await self._looked())

    def _placed(self, looked: _Looked) -> FollowerPlaced:
        if not looked.python:
            return FollowerPlaced(note=_NO_PYTHON)
        if looked.runs and all(looked.sums.get(path) == _sum(text) for path, text in self._files(looked).items()):
            return FollowerPlaced()
        where = {"systemd": UNIT, "cron": CRON}.get(looked.by, f"{self._folder}/follow")
        return FollowerPlaced(where, "" if looked.by != "shell" else _UNTIL_RESTART)

    async def ensure(self) -> str:
        """It runs, in its newest version. Returns why it does not, "" where it does: a deploy goes on without."""
        try:
            looked = await self._looked()
            if not self._placed(looked).missing:
                return ""
            for path, text in self._files(looked).items():
                await write_file(self._site.shell, path, text.encode(), mode="0644" if path in (UNIT, CRON) else "0600")
            done = await self._run("start", looked.by, looked.python, self._site.socket)
        except HostError as error:
            return f"{_DOES_NOT}: {error.says}"
        return f"{_DOES_NOT}: {done.words or 'no reason given'}" if done.status else ""

    async def remember(self, project: str, folders: Sequence[str]) -> None:
        """How the folder is spelt from which a project is deployed. Raises HostError.

        What is started elsewhere under its name belongs to another project, or to another checkout."""
        await write_file(self._site.shell, self._record(project), json.dumps(sorted(set(folders))).encode())

    async def forget(self, project: str) -> None:
        """The project's name is in none of its files then. Raises HostError."""
        done = await self._site.shell.run(_FORGET.with_arguments(self._folder, project))
        if done.status:
            raise HostError(
                f"{self._site.name}: what the edge's follower knows of {project} can't be removed: {done.words}"
            )

    async def remove(self) -> None:
        """Raises HostError."""
        done = await self._run("remove")
        if done.status:
            raise HostError(f"{self._site.name}: the edge's follower can't be removed: {done.words}")

    def _record(self, project: str) -> str:
        return f"{self._folder}/follow/folders/{project}.json"

    def _files(self, looked: _Looked) -> dict[str, str]:
        """Path on the host -> text."""
        found = {path: HostScript(__package__, path.rpartition("/")[2]).text for path in self._own_files()}
        values = {"python": looked.python, "folder": self._folder, "socket": self._site.socket}
        if looked.by == "systemd":
            found[UNIT] = _HEAD + _SERVICE.format(**values)
        elif looked.by == "cron":
            found[CRON] = _HEAD + _PATH + _MINUTELY.format(**{key: shlex.quote(value) for key, value in values.items()})
        return found

    def _own_files(self) -> tuple[str, ...]:
        """`place.sh` is there for `./run --uninstall`."""
        return tuple(f"{self._folder}/follow/{name}" for name in ("place.sh", "keep.sh", "follower.py"))

    async def _looked(self) -> _Looked:
        paths = (*self._own_files(), UNIT, CRON)
        standard = "yes" if self._folder == f"{USUAL_STATE}/edge" else "no"
        done = await self._run("look", standard, *paths)
        if done.status:
            raise HostError(f"{self._site.name}: the edge's follower can't be looked at: {done.words}")
        lines = [line.split(maxsplit=1) for line in done.output.splitlines()]
        told = {words[0]: (words[1] if len(words) > 1 else "") for words in lines[:3]}
        sums = {words[1]: words[0] for words in lines[3:] if len(words) == 2}
        return _Looked(told.get("python", ""), told.get("by", ""), told.get("runs") == "yes", sums)

    async def _run(self, *words: str) -> ScriptDone:
        script = f"umask 077; {_PLACE.with_arguments(folder=self._folder)}\n{shlex.join(words)}\n"
        return await self._site.shell.run(script, seconds=_SECONDS)


_NO_PYTHON = (
    "the host has no python3 of version 3.7 or newer, or no flock: containers recreated by hand (`docker compose up`) "
    "join the edge only with the next deploy"
)
_UNTIL_RESTART = (
    "when the host restarts, the next deploy starts the edge's follower again: nothing else here would (no systemd, no "
    "cron, or not root's)"
)


def _sum(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


_STANDING = HostScript(__package__, "standing.sh")


class FollowerStanding(Struct, frozen=True):
    """`is_there`: a deploy put it there. `refused`: name of a container -> why it does not join the edge."""

    is_there: bool = False
    runs: bool = False
    refused: dict[str, str] = {}

    def cares(self) -> Iterator[str]:
        if self.is_there and not self.runs:
            yield (
                "the edge's follower does not run: containers recreated by hand (`docker compose up`) get no requests "
                "until `dockworthy deploy`, which starts it again, too"
            )
        elif self.runs:
            for name, why in sorted(self.refused.items()):
                yield f"{name} does not join the edge by itself: {why}: `dockworthy deploy` lets it join"


async def follower_standing(site: Site, folder: str) -> FollowerStanding:
    """Changes nothing. `folder`: the edge's. Raises HostError."""
    done = await site.shell.run(_STANDING.with_arguments(folder))
    first, _, told = done.output.partition("\n")
    try:
        refused = json.loads(told or "{}").get("refused") or {}
        refused = {str(each["name"]): str(each["why"]) for each in refused.values()}
    except (ValueError, KeyError, AttributeError, TypeError):  # it is written again with the next change
        refused = {}
    return FollowerStanding(bool(first), first == "runs", refused)
