"""A log that has grown for months is found when the disk is full; its size can be measured before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...model.control import Control, Subject, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ...model.workload import Container, LogFiles
from ..examples import both, known, not_seen, on_host
from ..sizes import in_words
from ._running import containers, gap

_ABOUT = "engine"
_LARGE = 1 << 30
"""Bytes of a log that nothing ends."""
_SHARE = 5
"""Percent of the disk, whatever limit it has."""
_KEEPS_FILES = "json-file"

_DISK = 100 << 30
_PATH = "/var/lib/docker/containers/4f6a/4f6a-json.log"


def _log(size: int, *, options: dict[str, str] | None = None, driver: str = _KEEPS_FILES) -> dict[str, Any]:
    return _container({"Type": driver, "Config": options or {}}, known({"path": _PATH, "size": size}))


def _container(config: dict[str, Any], files: dict[str, Any]) -> dict[str, Any]:
    container = {"name": "web", "inspect": {"HostConfig": {"LogConfig": config}}, "log_files": files}
    storage = {
        "path": "/var/lib/docker", "mount": "/var/lib/docker", "fstype": "ext4", "own_filesystem": True,
        "size": _DISK, "free": 60 << 30, "inodes": 100, "inodes_free": 60,
    }  # fmt: skip
    return both({"engine": {"containers": [container]}}, on_host(storage=storage))


control = Control(
    id="machine/container-logs",
    title="No container's log has grown large",
    fault="{n} [container has|containers have] a log that has grown large",
    rationale="The log of json-file lies beside images and volumes and is part of no count of theirs. One that nothing "
    "ends takes the room of all, and is noticed when databases can't write any more.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="3.logs",
    also_for=("5.cleanup",),
    subject=Subject.MACHINE,
    references=(owasp("D10"),),
    remedy=Remedy(
        "Keep what is needed of it elsewhere. Set `logging: {driver: local}`, or max-size and max-file for json-file, and "
        "recreate the container: its old log goes with it. Where that must wait, empty the file (`sudo truncate -s 0 "
        "FILE`): the container goes on, and `docker logs --tail` and `-f` show nothing of it until it is restarted.",
        "the lines that it holds are gone; recreating the container stops it for a moment",
    ),
    check_yourself="sudo sh -c 'du -sh /var/lib/docker/containers/*/*-json.log*' | sort -h | tail",
    bad={
        "snapshot": [
            _log(2 << 30),
            _log(6 << 30, options={"max-size": "10g"}),
            _log(6 << 30, options={"max-size": "-1"}),
        ]
    },
    good={
        "snapshot": [
            _log(1 << 20),
            _log(2 << 30, options={"max-size": "1g", "max-file": "3"}),
        ]
    },
    unclear={
        "snapshot": [
            _container({"Type": _KEEPS_FILES, "Config": {}}, not_seen()),
            {"engine": {"containers": {"is": "unknown", "reason": "the engine went silent"}}},
        ]
    },
)


@control.judge
def container_logs(machine: Machine) -> Iterator[Judgement]:
    missing = gap(machine, "containers")
    if missing:
        yield missing
    every = containers(machine)
    if not every and not missing:
        yield not_applicable("there is no container", about=_ABOUT)
    for unit, container in every:
        yield _judge(container, machine, unit.id)


def _judge(container: Container, machine: Machine, about: str) -> Judgement:
    driver, options = _logging(container)
    if driver and driver != _KEEPS_FILES:
        says = f"log driver {driver} keeps no file that grows with the container"
        return not_applicable(says, container.logging.source, about=about)
    files = container.log_files
    if isinstance(files, Unknown):
        return unknown(files.reason, files.source, tell=files.tell, about=about)
    if not isinstance(files, Set):
        return not_applicable("it was never started: there is no log yet", files.source, about=about)
    says, large = _in_words(files.value, machine), _is_large(files.value, machine, limited=_is_limited(options))
    return (
        failed(says, files.source, about=about, remedy=control.remedy.says.replace("FILE", files.value.path))
        if large
        else passed(says, files.source, about=about)
    )


def _logging(container: Container) -> tuple[str, dict[str, str]]:
    field = container.logging
    return (field.value.driver, field.value.options) if isinstance(field, Set) else ("", {})


def _is_limited(options: dict[str, str]) -> bool:
    return options.get("max-size", "") not in ("", "-1", "0")


def _is_large(files: LogFiles, machine: Machine, *, limited: bool) -> bool:
    disk = _disk(machine)
    return (files.size > _LARGE and not limited) or (disk > 0 and files.size * 100 > _SHARE * disk)


def _disk(machine: Machine) -> int:
    """The size of the file system with the engine's data, 0 where it was not seen."""
    storage = machine.host.storage
    return storage.value.size if isinstance(storage, Set) else 0


def _in_words(files: LogFiles, machine: Machine) -> str:
    disk = _disk(machine)
    share = f", {round(100 * files.size / disk)} % of the disk" if disk and files.size * 100 >= disk else ""
    return f"its log is {in_words(files.size)}{share}: {files.path}"
