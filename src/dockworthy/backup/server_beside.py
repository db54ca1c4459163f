"""A second server beside the one that runs, for a restore: a container of the same image with the same settings, cut
off from everything, which fills a data folder of its own. What it makes takes the place of the old folder later.

It reads the same configuration: mounted files, and folders that are mounted to be read, are mounted to be read. Of a
folder that the server may write to (for logs, certificates, its socket), it gets a copy, an empty one where that has
more than 16 MB. All of it goes at the end; what a killed run left goes at the beginning of the next one.
"""

from __future__ import annotations

import asyncio
import json
import posixpath
import secrets
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote

from ..engine.faults import NoSuchObject
from ..engine.site import Site
from ..errors import EngineError, HostError
from ..host_scripts import HostScript
from ..interruption import to_its_end
from ..model.labels import RESTORE_BESIDE

_MOUNTS = HostScript(__package__, "beside_mounts.sh")
_KEPT = (
    "CapAdd CapDrop CgroupnsMode CpuPeriod CpuQuota CpusetCpus GroupAdd Init MaskedPaths Memory MemoryReservation"
    " MemorySwap NanoCpus PidsLimit ReadonlyPaths ReadonlyRootfs Runtime SecurityOpt ShmSize Sysctls Tmpfs Ulimits"
    " UsernsMode"
).split()
"""Of HostConfig: what decides whether the program starts and works."""
_RUN = "Cmd Domainname Entrypoint Env Hostname StopSignal User WorkingDir".split()
_COPYING = 600.0
_STARTS = 600.0
"""Seconds in which a server must come up."""
_STOPS = 3600
"""Seconds in which it must write all that it holds, and end."""
_LOOKS_EVERY = 0.2
_COPIED = 16 * 1024
"""kB of a folder that is copied."""


@asynccontextmanager
async def server_beside(
    site: Site,
    container: str,
    *,
    name: str,
    folder: str,
    at: str,
    instead_of: str,
    hidden: Collection[str] = (),
    command: Sequence[str] | None = None,
    labels: Mapping[str, str] | None = None,
    scratch_in: str = "",
) -> AsyncIterator[str]:
    """Starts it, and removes it at the end. Yields its id. `container`: id of the one that it is like, which may be
    stopped; `name`: of the data set; `folder`: of the host, which it has at `at`, in place of what that container has
    mounted at `instead_of`; `hidden`: folders of the image that are empty in it; `command`: in place of that
    container's own; `labels`: of who removes it where this is killed, with `scratch_in`, a folder of theirs; else the
    next restore does. Raises HostError, EngineError."""
    facts = await site.engine.get(f"/containers/{container}/json")
    scratch = f"{scratch_in or _scratch_of(site)}/{secrets.token_hex(4)}"
    sources = _other_mounts(facts, instead_of, hidden)
    done = await site.shell.run(
        _MOUNTS.with_arguments(scratch, _COPIED, *(str(each["Source"]) for each in sources)), seconds=_COPYING
    )
    if done.status:
        raise HostError(f"{site.name}: what {name} mounts can't be copied: {done.words}", hint="is the disk full?")
    shown = done.output.splitlines()
    body = like(facts, state=site.state, command=command)
    if labels is not None:
        body["Labels"] = dict(labels)
    body["HostConfig"]["Mounts"] = [
        *(each for each in facts["HostConfig"].get("Mounts") or () if each.get("Type") == "tmpfs"),
        *_mounted(sources, shown, scratch),
        {"Type": "bind", "Source": folder, "Target": at},
    ]
    body["HostConfig"]["Tmpfs"] = {**(body["HostConfig"].get("Tmpfs") or {}), **dict.fromkeys(hidden, "size=1m")}
    made = ""
    try:
        called = f"dockworthy-beside-{secrets.token_hex(4)}"
        made = (await site.engine.send("POST", f"/containers/create?name={called}", body, as_root=True))["Id"]
        await site.engine.send("POST", f"/containers/{made}/start", answer=False, seconds=_COPYING, as_root=True)
        yield made
    finally:
        await to_its_end(_removed(site, made, scratch))


def like(facts: Mapping[str, Any], *, state: str, command: Sequence[str] | None = None) -> dict[str, Any]:
    """What the engine is asked to make, without mounts. `facts`: what it says of the container that runs; `state`: the
    folder with the lock that this run has. Pure."""
    config, host = facts["Config"], facts["HostConfig"]
    body: dict[str, Any] = {key: config[key] for key in _RUN if config.get(key)}
    if command is not None:
        body["Cmd"] = list(command)
    return {
        **body,
        "Image": facts["Image"],
        "Labels": {RESTORE_BESIDE: state},
        "Healthcheck": {"Test": ["NONE"]},
        "HostConfig": {
            **{key: host[key] for key in _KEPT if host.get(key)},
            "NetworkMode": "none",
            "RestartPolicy": {"Name": "no"},
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "10m"}},
        },
    }


def _other_mounts(facts: Mapping[str, Any], instead_of: str, hidden: Collection[str]) -> list[Mapping[str, Any]]:
    """Those that are neither the data nor in a folder that is hidden."""
    return [
        each
        for each in facts.get("Mounts") or ()
        if each.get("Type") in ("bind", "volume")
        and each.get("Source")
        and (where := str(each.get("Destination"))) != instead_of
        and not any(where == folder or where.startswith(f"{folder}/") for folder in hidden)
    ]


def _mounted(sources: Sequence[Mapping[str, Any]], shown: Sequence[str], scratch: str) -> list[dict[str, Any]]:
    """`shown`: what beside_mounts.sh said of each: `file`, `folder`, or `none` for what can't be copied."""
    found: list[dict[str, Any]] = []
    for number, (each, kind) in enumerate(zip(sources, shown, strict=True)):
        if kind == "none":
            continue
        copied = kind == "folder" and each.get("RW") is not False
        source = f"{scratch}/{number}" if copied else str(each["Source"])
        found.append({"Type": "bind", "Source": source, "Target": each["Destination"], "ReadOnly": not copied})
    return found


async def comes_up(
    site: Site,
    container: str,
    answers: Callable[[], Awaitable[bool]],
    *,
    name: str,
    to: str = "load the dump",
    seconds: float = _STARTS,
) -> None:
    """Waits until `answers` says yes. `to`: what it is there for. Raises HostError with the last lines of its log where
    it ends before, or takes longer than `seconds`."""
    clock = asyncio.get_running_loop().time
    ends = clock() + seconds
    while not await answers():
        state = (await site.engine.get(f"/containers/{container}/json"))["State"]
        if not state.get("Running") or clock() > ends:
            why = "ended" if not state.get("Running") else f"did not answer within {seconds:.0f} s"
            said = await last_words(site, container)
            raise HostError(
                f"{name}: a second server of its image, which was to {to}, {why}: {said}",
                hint="what is there was not touched; docker logs of its own container may tell more",
            )
        await asyncio.sleep(_LOOKS_EVERY)


async def stop_whole(site: Site, container: str, *, name: str) -> None:
    """Stops it by its own signal, and waits until it has written all. Raises HostError where it was killed or
    failed."""
    await site.engine.send("POST", f"/containers/{container}/stop?t={_STOPS}", answer=False, seconds=_STOPS + 60.0)
    state = (await site.engine.get(f"/containers/{container}/json"))["State"]
    if state.get("Running") or state.get("ExitCode") not in (0, 143):
        said = await last_words(site, container)
        raise HostError(f"{name}: the server that loaded the dump did not end well ({state.get('ExitCode')}): {said}")


async def last_words(site: Site, container: str, lines: int = 3) -> str:
    """The last lines of a container's log, in one."""
    try:
        raw = await site.engine.raw(f"/containers/{container}/logs?stdout=true&stderr=true&tail={lines}")
    except EngineError:
        return "its log can't be read"
    words: list[str] = []
    while len(raw) >= 8:  # of each piece a head of 8 bytes: the stream, and how long it is
        length = int.from_bytes(raw[4:8], "big")
        words.append(raw[8 : 8 + length].decode("utf-8", "replace").strip())
        raw = raw[8 + length :]
    return " / ".join(each for each in words if each)[-600:] or "its log is empty"


async def programs_above(site: Site, container: str, programs: Collection[str]) -> tuple[str, ...] | None:
    """Names of the processes between the container's first one (included) and its server: () where the server is the
    first one. None where none of `programs` runs there."""
    facts, told = await asyncio.gather(
        site.engine.get(f"/containers/{container}/json"),
        site.engine.get(f"/containers/{container}/top?ps_args={quote('-eo pid,ppid,comm')}"),
    )
    found = {row[0]: (row[1], row[-1].strip()) for row in told.get("Processes") or () if len(row) >= 3}
    main = str(facts["State"]["Pid"])
    for process, (_, program) in found.items():
        if program not in programs:
            continue
        above: list[str] = []
        while process != main and process in found:
            process = found[process][0]
            above.append(found.get(process, ("", ""))[1])
        return tuple(above)
    return None


async def remove_left_servers(site: Site) -> tuple[str, ...]:
    """Of restores that were killed: whoever calls has the host's lock of backups. Returns the names of what went.
    Raises EngineError."""
    filters = quote(json.dumps({"label": [f"{RESTORE_BESIDE}={site.state}"]}))
    left = await site.engine.get(f"/containers/json?all=true&filters={filters}")
    for each in left:
        await _removed(site, each["Id"], "")
    await site.shell.run(f"rm -rf -- {shlex.quote(_scratch_of(site))}", seconds=_COPYING)
    return tuple(str((each.get("Names") or [each["Id"][:12]])[0]).lstrip("/") for each in left)


async def _removed(site: Site, container: str, scratch: str) -> None:
    if container:
        try:
            await site.engine.send(
                "DELETE", f"/containers/{container}?force=true&v=true", answer=False, seconds=_COPYING
            )
        except NoSuchObject:
            pass
    if scratch:
        await site.shell.run(f"rm -rf -- {shlex.quote(scratch)}", seconds=_COPYING)


def _scratch_of(site: Site) -> str:
    return posixpath.join(site.state, "backup/beside")
