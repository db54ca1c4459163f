"""Published ports obey who is meant to reach them: rules that DOCKER-USER asks, and what keeps them there."""

from __future__ import annotations

from ...situation import Planning
from .planning import ASKS, FILES, INTERFACES, RULES, SCRIPT, STARTUP, drop_in, plan_published_ports

PLANNINGS = {
    "machine/port-behind-firewall": Planning(
        plan=plan_published_ports,
        reads=(*RULES.values(), SCRIPT, *FILES, drop_in("docker.service")),
        asks={STARTUP: ASKS.text, INTERFACES: "ls /sys/class/net"},
    )
}
