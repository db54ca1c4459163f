"""Another runtime than the engine's own makes this container, as root on the host, with whatever walls it likes."""

from __future__ import annotations

from ...model.control import Control, Subject, nist
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ...model.workload import Container, Unit
from ..runtimes import is_known, why_weaker
from ._containers import Fault, judge_containers
from ._platforms import CONTAINERS

_TELL = "docker info -f '{{json .Runtimes}}' shows which program it is, and its documentation which walls it builds"

control = Control(
    id="workload/runtime",
    title="Containers run in a runtime that isolates as well as runc does",
    fault="{who} [runs|run] in a runtime that isolates less than runc does",
    rationale="The runtime builds the walls of a container, and runs as root on the host: what seccomp, capabilities "
    "and namespaces are asked for is only as good as the program that sets them up.",
    level=Level.BASELINE,
    severity=Severity.MEDIUM,
    demand="1.privileges",
    subject=Subject.UNIT,
    platforms=CONTAINERS,
    references=(nist("4.4.3"),),
    remedy=Remedy(
        "Drop `runtime`: graphics cards are asked for with `gpus` or `deploy.resources.reservations.devices`.",
        "recreates the container",
    ),
    check_yourself="docker inspect -f '{{.HostConfig.Runtime}}' {name}",
    bad={
        "compose": "services: {web: {image: shop, runtime: nvidia}}",
        "docker run": "docker run --runtime nvidia shop",
        "request": {"Image": "shop", "HostConfig": {"Runtime": "nvidia"}},
        "container": {"HostConfig": {"Runtime": "nvidia"}},
    },
    good={
        "compose": ["services: {web: {image: shop}}", "services: {web: {image: shop, runtime: runsc}}"],
        "docker run": "docker run --runtime kata-fc shop",
        "request": {"Image": "shop", "HostConfig": {"Runtime": ""}},
        "container": {"HostConfig": {"Runtime": "runc"}},
    },
    unclear={
        "compose": [
            "services: {web: {image: shop, runtime: our-own}}",
            "services: {web: {image: shop, runtime: '${RUNTIME}'}}",
        ],
        "request": {"Image": "shop", "HostConfig": {"Runtime": "our-own"}},
        "container": {"HostConfig": {"Runtime": "our-own"}},
    },
)


@control.judge
def runtime(unit: Unit) -> Judgement:
    return judge_containers(unit, _fault, good="the runtime is the engine's own, or isolates as well")


def _fault(container: Container) -> Fault | Unknown | None:
    field = container.runtime
    if isinstance(field, Unknown):
        return field
    if not isinstance(field, Set) or not field.value or is_known(field.value):
        return None
    if why := why_weaker(field.value):
        return Fault(f"runtime {field.value}: {why}", field.source)
    return Unknown(f"runtime {field.value}: which walls it builds is not known", tell=_TELL, source=field.source)
