"""On the engine's default bridge every container meets every other one, without names."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Remedy, failed, passed, unknown
from ...model.levels import Level, Severity
from ...model.workload import Unit
from ._platforms import CONTAINERS

control = Control(
    id="workload/default-bridge",
    title="Containers are on networks of their own",
    fault="{who} [is|are] on the default bridge network",
    rationale="The default bridge is where everything lands that names no network: strangers reach each other's ports, "
    "and there are no names, only addresses that change.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="1.reach",
    subject=Subject.UNIT,
    platforms=CONTAINERS,
    references=(cis("1.6.0", "5.30"), cis("1.8.0", "5.30"), nist("4.3.3"), nist("4.4.2"), owasp("D03")),
    remedy=Remedy(
        "Make a network a project (Compose does) and name it.",
        "`docker network connect` and `disconnect` need no restart; recreate it to keep it so",
    ),
    check_yourself="docker inspect -f '{{.HostConfig.NetworkMode}} {{json .NetworkSettings.Networks}}' {name}",
    bad={
        "container": [
            {"HostConfig": {"NetworkMode": "default"}},
            {"HostConfig": {"NetworkMode": "bridge"}},
            {"NetworkSettings": {"Networks": {"bridge": {}}}},
        ]
    },
    good={
        "container": [
            {"HostConfig": {"NetworkMode": "shop"}},
            {"HostConfig": {"NetworkMode": "none"}},
        ]
    },
    unclear={"container": {"HostConfig": {"NetworkMode": 1}}},
)


@control.judge
def default_bridge(unit: Unit) -> Judgement:
    mode, joined = unit.namespaces.network, unit.networks
    if isinstance(mode, Set) and mode.value == "bridge":
        return failed("is on the default bridge", mode.source)
    if isinstance(joined, Set) and "bridge" in joined.value:
        return failed("is on the default bridge, beside its own network", joined.source)
    if isinstance(mode, Unknown):
        return unknown(mode.reason, mode.source, tell=mode.tell)
    return passed("is not on the default bridge", mode.source)
