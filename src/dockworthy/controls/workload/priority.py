"""A container that may raise its own priority takes the processors from the host's programs."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.compose_fix import ComposeFix, WrittenService, remove_key
from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, unknown
from ...model.fix import Change
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ._containers import Fault, judge_faults
from ._platforms import ENGINES

_NICE_OF_ALL = 20
"""A limit of 20 is the priority that every process has; each one above it is a step before the others."""

control = Control(
    id="workload/priority",
    title="No container may put itself before the host's own programs",
    fault="{who} may put [itself|themselves] before the host's own programs",
    rationale="With the ulimit `rtprio` any process of the container makes itself a real-time one, without a capability. The kernel "
    "runs such a process before all others, and its share of processors (`cpus`) does not bind it: an endless loop takes "
    "the processor from the host, its login and the engine. The ulimit `nice` lets it go before others by its weight.",
    level=Level.BASELINE,
    severity=Severity.MEDIUM,
    demand="6.efficient",
    also_for=("1.host-access",),
    subject=Subject.UNIT,
    platforms=ENGINES,
    references=(nist("4.4.3"), owasp("D07")),
    remedy=Remedy(
        "Drop the ulimits `rtprio` and `nice`; give it a share of processors of its own.", "recreates the container"
    ),
    fixes=(
        ComposeFix(
            says="takes the ulimits `rtprio` and `nice` away",
            may_break="programs that ask for a real-time priority: sound, telephony, time servers",
            changes=lambda written: _without(written),
        ),
    ),
    check_yourself="docker inspect -f '{{json .HostConfig.Ulimits}}' {name}",
    bad={
        "docker run": ["docker run --ulimit rtprio=99 shop", "docker run --ulimit nice=40:40 shop"],
        "request": {"Image": "shop", "HostConfig": {"Ulimits": [{"Name": "rtprio", "Soft": 0, "Hard": 1}]}},
        "compose": [
            "services: {web: {image: shop, ulimits: {rtprio: 99}}}",
            "services: {web: {image: shop, ulimits: {rtprio: {soft: 0, hard: -1}}}}",
            "services: {web: {image: shop, ulimits: {nice: 21}}}",
            "services: {web: {image: shop, ulimits: {RtPrio: 99}}}",
            "services: {web: {image: shop, ulimits: {nice: {soft: 0, hard: -2}}}}",
        ],
        "container": [
            {"HostConfig": {"Ulimits": [{"Name": "rtprio", "Soft": 1, "Hard": 1}]}},
            {"HostConfig": {"Ulimits": [{"Name": "nice", "Soft": -1, "Hard": -1}]}},
        ],
        "service": {
            "Spec": {"TaskTemplate": {"ContainerSpec": {"Ulimits": [{"Name": "rtprio", "Soft": 9, "Hard": 9}]}}}
        },
    },
    good={
        "docker run": ["docker run shop", "docker run --ulimit rtprio=0 shop"],
        "request": {"Image": "shop", "HostConfig": {"Ulimits": [{"Name": "nofile", "Soft": 1024, "Hard": 2048}]}},
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, ulimits: {rtprio: 0, nice: 20, memlock: -1}}}",
        ],
        "container": [{"HostConfig": {"Ulimits": [{"Name": "rttime", "Soft": 1, "Hard": 1}]}}, {"HostConfig": {}}],
    },
    unclear={"compose": "services: {web: {image: shop, ulimits: {rtprio: '${PRIORITY}'}}}"},
)


def _without(written: WrittenService) -> Iterator[Change]:
    ulimits = written.service.get("ulimits")
    if isinstance(ulimits, dict):
        yield from (remove_key("ulimits", name) for name in ulimits if name.upper() in ("RTPRIO", "NICE"))


@control.judge
def priority(unit: Unit) -> Judgement:
    faults = [fault for container in unit.containers for fault in _faults(container)]
    if not faults:
        for container in unit.containers:
            if isinstance(container.limits.ulimits, Unknown):
                return unknown(container.limits.ulimits.reason, container.limits.ulimits.source)
    return judge_faults(faults, good="no process of it may raise its priority", source=unit.source)


def _faults(container: Container) -> Iterator[Fault]:
    field = container.limits.ulimits
    if not isinstance(field, Set):
        return
    for name, most, says in (
        ("rtprio", 0, "its processes may become real-time ones, which no share of processors binds"),
        ("nice", _NICE_OF_ALL, "its processes may go before others"),
    ):
        highest = max(field.value.get(name, (0, 0)), key=lambda value: (value < 0, value))
        if highest < 0 or highest > most:  # below 0 it is without end
            yield Fault(f"ulimit {name}={highest}: {says}", field.source)
