"""Which guards serve on this host just now: each writes itself down while it does, for `guard status`, `grant` and
`assess`."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from ..errors import UsageError
from ..model.own_places import GUARDS_SERVING
from ..state_directory import state_directory


class Serving(Struct, frozen=True, kw_only=True):
    """`started` is the process's start in the kernel's ticks, so that another process of that number is none of these.
    `plugin` and `people` are sockets, `tls` an address: empty where it does not serve there. `role` of a socket that
    has one role for everybody."""

    pid: int
    started: int
    since: datetime.datetime
    engine: str
    plugin: str = ""
    people: str = ""
    role: str = ""
    tls: str = ""
    policy: str = ""
    audit: str = ""
    syslog: bool = False
    version: str = ""


def serving_folder(environ: Mapping[str, str] = os.environ) -> Path:
    return state_directory(environ) / "guard" / "serving"


@contextlib.contextmanager
def announced(
    *,
    engine: str,
    plugin: str = "",
    people: str = "",
    role: str = "",
    tls: str = "",
    policy: str = "",
    audit: str = "",
    syslog: bool = False,
) -> Iterator[None]:
    """As long as the context lasts; of root's also in GUARDS_SERVING, where `assess` looks in any case.
    Where it can't be written down the guard serves all the same, but for a socket that has one role: whoever connects
    there makes containers, and `assess` would take them for root's. Raises UsageError for that."""
    from .. import __version__

    pid = os.getpid()
    told = Serving(
        pid=pid, started=_started(pid), since=datetime.datetime.now(datetime.UTC).replace(microsecond=0), engine=engine,
        plugin=plugin, people=people, role=role, tls=tls, policy=policy, audit=audit, syslog=syslog,
        version=__version__,
    )  # fmt: skip
    folders = (serving_folder(), *((Path(GUARDS_SERVING),) if os.geteuid() == 0 else ()))
    files = [folder / f"{pid}.json" for folder in folders]
    try:
        for file in files:
            try:
                _write(file, msgspec.json.encode(told))
            except OSError as error:
                if role and file is files[-1]:
                    raise UsageError(
                        f"{file} can't be written ({error.strerror}): `assess` would not know of this socket",
                        hint="" if os.geteuid() == 0 else "DOCKWORTHY_STATE names a folder that you may write",
                    ) from None
        yield
    finally:
        for file in files:
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)
                file.parent.rmdir()


def _write(file: Path, content: bytes) -> None:
    """Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.parent.chmod(0o755)  # who serves where is no secret, and `guard status` is everybody's
    beside = file.with_suffix(".new")
    beside.write_bytes(content)
    beside.chmod(0o644)
    beside.replace(file)


def serving_now(folder: Path | None = None) -> list[Serving]:
    """Those that run, the youngest first. What a killed one left behind is no guard, and is taken away."""
    found = []
    for file in sorted((folder or serving_folder()).glob("*.json")):
        try:
            told = msgspec.json.decode(file.read_bytes(), type=Serving)
        except (OSError, msgspec.DecodeError):
            continue
        if _started(told.pid) == told.started:
            found.append(told)
        else:
            with contextlib.suppress(OSError):
                file.unlink()
    return sorted(found, key=lambda one: one.since, reverse=True)


def _started(pid: int) -> int:
    """0 for one that does not run. Source: proc_pid_stat(5), field 22."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return 0 if fields[0] == "Z" else int(fields[19])
