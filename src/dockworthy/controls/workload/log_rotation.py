"""Logs without rotation fill the disk, and with it the engine and everything on it stands still."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...model.compose_fix import ComposeFix, WrittenService, set_key
from ...model.control import Control, Subject, nist, owasp
from ...model.dialect import Platform
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, passed, unknown
from ...model.fix import Change, FixKind
from ...model.levels import Level, Severity
from ...model.workload import Logging, Unit
from ._graded import GradedFault, judge_graded
from ._platforms import ENGINES, checked_by

control = Control(
    id="workload/log-rotation",
    title="Container logs are kept, and rotated",
    fault="{who} [keeps|keep] no logs, or logs without limit",
    rationale="The driver json-file, the engine's default, writes one file without end until `max-size` is set; the "
    "driver none keeps nothing. `local` and `journald` rotate by themselves, the others send the logs away.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="3.logs",
    also_for=("5.cleanup",),
    subject=Subject.UNIT,
    platforms=ENGINES,
    references=(nist("4.4.4"), owasp("D10")),
    remedy=Remedy(
        "Set `logging: {driver: local}`, or max-size and max-file for json-file; once for all in daemon.json.",
        "recreates the container: its present log is gone",
    ),
    fixes=(
        ComposeFix(
            says="keeps three log files of 10 MB at most",
            changes=lambda written: _rotated(written),
            kind=FixKind.SAFE,
            of_unknown=True,
        ),
        ComposeFix(
            says="sets `logging: {driver: local}`: it rotates, and is compressed",
            may_break="logs that the engine sends elsewhere by default (journald, a collector) stay on this host",
            changes=lambda written: _local(written),
            of_unknown=True,
        ),
    ),
    check_yourself="docker inspect -f '{{json .HostConfig.LogConfig}}' {name}",
    bad={
        "compose": [
            "services: {web: {image: shop, logging: {driver: json-file}}}",
            "services: {web: {image: shop, logging: {driver: none}}}",
        ],
        "container": [
            {"HostConfig": {"LogConfig": {"Type": "json-file", "Config": {}}}},
            {"HostConfig": {"LogConfig": {"Type": "json-file", "Config": {"max-file": "3"}}}},
            {"HostConfig": {"LogConfig": {"Type": "json-file", "Config": {"max-size": "-1"}}}},
            {"HostConfig": {"LogConfig": {"Type": "none", "Config": {}}}},
        ],
        "service": {"Spec": {"TaskTemplate": {"LogDriver": {"Name": "json-file"}}}},
    },
    good={
        "compose": [
            "services: {web: {image: shop, logging: {driver: local}}}",
            "services: {web: {image: shop, logging: {driver: json-file, options: {max-size: 10m, max-file: '3'}}}}",
        ],
        "container": [
            {"HostConfig": {"LogConfig": {"Type": "json-file", "Config": {"max-size": "10m", "max-file": "3"}}}},
            {"HostConfig": {"LogConfig": {"Type": "local", "Config": {}}}},
            {"HostConfig": {"LogConfig": {"Type": "journald", "Config": {}}}},
            {"HostConfig": {"LogConfig": {"Type": "gelf", "Config": {"gelf-address": "udp://logs.example.com:12201"}}}},
        ],
        "service": {},
    },
    unclear={"compose": "services: {web: {image: shop}}", "container": {"HostConfig": {"LogConfig": {"Type": None}}}},
)


def _rotated(written: WrittenService) -> Iterator[Change]:
    """For json-file, be it named here or known to be what the engine takes."""
    logging = written.service.get("logging") or {}
    options = logging.get("options") or {}
    if "json-file" != (logging.get("driver") or written.known.log_driver):
        return
    if not logging.get("driver"):
        yield set_key("logging", "driver", to="json-file")
    if not _SIZE.fullmatch(str(options.get("max-size", ""))):
        yield set_key("logging", "options", "max-size", to="10m")
    if "max-file" not in options:
        yield set_key("logging", "options", "max-file", to="3")


def _local(written: WrittenService) -> Iterable[Change]:
    logging = written.service.get("logging") or {}
    nobody_said = not logging and not written.known.log_driver
    return (set_key("logging", to={"driver": "local"}),) if nobody_said or logging.get("driver") == "none" else ()


_COMMANDS = {Platform.SWARM: "docker service inspect -f '{{json .Spec.TaskTemplate.LogDriver}}' {name}"}
_SIZE = re.compile(r"0*[1-9]\d*(?:\.\d+)?\s*[a-z]*", re.IGNORECASE)


@control.judge
def log_rotation(unit: Unit) -> Judgement:
    for container in unit.containers:
        field = container.logging
        if isinstance(field, Unknown):
            return unknown(field.reason, field.source, tell=field.tell)
        if not isinstance(field, Set) or not field.value.driver:
            return unknown("which driver takes its logs is not told", field.source)
        fault = _fault(field)
        if fault is not None:
            return checked_by(judge_graded([fault], good="", source=unit.source), unit, _COMMANDS)
        return passed(f"its logs go to {field.value.driver}", field.source)
    return unknown("it has no container", unit.source)


def _fault(field: Set[Logging]) -> GradedFault | None:
    driver, options = field.value.driver, field.value.options
    if driver == "none":
        return GradedFault("its logs are thrown away (driver none)", field.source, Severity.MEDIUM)
    if driver == "json-file" and not _SIZE.fullmatch(options.get("max-size", "")):
        return GradedFault("its log grows without end (json-file without max-size)", field.source, Severity.MEDIUM)
    return None
