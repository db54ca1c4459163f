"""The facts of several hosts: one file each, in a folder."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from ..errors import OutputError, UsageError
from .exit_status import ExitStatus
from .output import say


def save_fleet(
    endpoints: list[str], *, sudo: bool, root: Path, deadline: float, probe: bool, folder: str | None
) -> ExitStatus:
    """Writes HOST.json for each host that could be read, and says what is wrong with the others."""
    if folder is None or folder == "-":
        raise UsageError("the facts of several hosts are several documents", hint="-o FOLDER writes one file a host")
    import asyncio

    from ..facts.fleet import read_fleet
    from ..facts.saved import save

    place = Path(folder)
    try:
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"the folder {place} can't be made: {error.strerror}") from None
    readings = asyncio.run(read_fleet(endpoints, root=root, deadline=deadline, sudo=sudo, probe=probe))
    for reading, name in zip(readings, file_names(endpoints), strict=True):
        if reading.snapshot is not None:
            save(reading.snapshot, place / name)
            continue
        say(f"dockworthy: {reading.error}")
        if reading.hint:
            say(f"hint: {reading.hint}")
    return ExitStatus.DONE if all(reading.snapshot for reading in readings) else ExitStatus.HOST


def file_names(endpoints: Iterable[str]) -> list[str]:
    """`ssh://root@shop:2222` -> `shop-2222.json`; where two would share a name, the later one gets a number."""
    names: list[str] = []
    for endpoint in endpoints:
        bare = endpoint.split("://", 1)[-1].rsplit("@", 1)[-1]
        stem = re.sub(r"[^A-Za-z0-9._]+", "-", bare).strip("-.") or "host"
        same = sum(name == f"{stem}.json" or name.startswith(f"{stem}.") for name in names)
        names.append(f"{stem}.{same + 1}.json" if same else f"{stem}.json")
    return names
