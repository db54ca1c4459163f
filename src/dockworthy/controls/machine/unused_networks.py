"""Each network takes a piece of the address pools, and firewall rules: what is left over is missing one day."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject
from ...model.engine_builtins import NETWORKS
from ...model.field import Set, Source
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ._running import containers, gap

_LEFT = [{"Name": "old", "Driver": "bridge", "Scope": "local"}]

control = Control(
    id="machine/unused-networks",
    title="Every network has containers",
    fault="{who} [has|have] no containers",
    rationale="The engine's pools hold some thirty networks by default; then no project starts any more. A forgotten "
    "network also keeps addresses from others.",
    level=Level.PRODUCTION,
    severity=Severity.LOW,
    demand="5.cleanup",
    subject=Subject.MACHINE,
    remedy=Remedy(
        "Remove the networks that no container uses.", "none: the next `up` makes them again", "docker network prune"
    ),
    check_yourself="docker network ls --filter dangling=true",
    bad={"snapshot": {"engine": {"networks": _LEFT}}},
    good={
        "snapshot": [
            {"engine": {"networks": [{"Name": "bridge", "Driver": "bridge", "Scope": "local"}]}},
            {
                "engine": {
                    "networks": _LEFT,
                    "containers": [
                        {
                            "name": "web",
                            "inspect": {"State": {"Running": False}, "NetworkSettings": {"Networks": {"old": {}}}},
                        }
                    ],
                }
            },
            {"engine": {"networks": [{"Name": "all", "Driver": "overlay", "Scope": "swarm"}]}},
        ]
    },
    unclear={
        "snapshot": {"engine": {"networks": _LEFT, "containers": {"is": "unknown", "reason": "the engine went silent"}}}
    },
)


@control.judge
def unused_networks(machine: Machine) -> Iterator[Judgement]:
    if missing := gap(machine, "networks", "containers"):
        yield missing
        return
    used = {name for unit, _ in containers(machine) if isinstance(unit.networks, Set) for name in unit.networks.value}
    own = [n for n in machine.networks if n.name not in NETWORKS and n.scope != "swarm"]  # may be used on another node
    left = [n for n in own if n.name not in used and not n.attached]
    for network in left:
        yield failed("no container is on it, not even a stopped one", network.source, about=f"network/{network.name}")
    if not left:
        yield passed("every network has containers", Source("GET /networks"))
