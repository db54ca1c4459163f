"""A health check of kind CMD that names no command crashes the engine at its first run.

Source: Engine 26.1, daemon/health.go, cmdProbe.run, which takes the first word of a command that has none.
"""

from __future__ import annotations

from ...model.control import Control, Subject
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._platforms import ENGINES

control = Control(
    id="workload/health-check-command",
    title="A health check names its command",
    fault="{who} [has|have] a health check without a command, which crashes the engine",
    rationale="The engine takes the first word of the command without looking whether there is one, and crashes. All "
    "of its API is gone then; with a restart policy it crashes again at each of its own starts.",
    level=Level.BASELINE,
    severity=Severity.HIGH,
    demand="7.foundation",
    subject=Subject.UNIT,
    platforms=ENGINES,
    references=(),
    remedy=Remedy(
        'Name the command (`test: ["CMD", "wget", "-q", "localhost"]`), or switch the check off with `["NONE"]`.',
        "recreates the container",
    ),
    check_yourself="docker inspect -f '{{json .Config.Healthcheck.Test}}' {name}",
    bad={
        "compose": "services: {web: {image: shop, healthcheck: {test: [CMD]}}}",
        "container": {"Config": {"Healthcheck": {"Test": ["CMD"]}}},
        "service": {"Spec": {"TaskTemplate": {"ContainerSpec": {"Healthcheck": {"Test": ["CMD"]}}}}},
    },
    good={
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, healthcheck: {test: [NONE]}}}",
            "services: {web: {image: shop, healthcheck: {test: [CMD, /shop, --health]}}}",
            "services: {web: {image: shop, healthcheck: {test: wget -q localhost}}}",
        ],
        "container": {"Config": {"Healthcheck": {"Test": ["CMD", "/shop"]}}},
    },
)


@control.judge
def health_check_command(unit: Unit) -> Judgement:
    for container in unit.containers:
        health = container.health
        if isinstance(health, Set) and health.value.test == ("CMD",):
            return failed("its health check is CMD without a command", health.source)
    return passed("no health check lacks its command", unit.source)
