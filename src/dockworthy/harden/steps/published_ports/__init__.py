"""Published ports obey who is meant to reach them: rules that DOCKER-USER asks, and what keeps them there."""

from __future__ import annotations

from ...situation import Planning
from .planning import INTERFACES, RULES, STARTUP, plan_published_ports
from .startup import ASKS, FILES, SCRIPT, drop_in

PLANNINGS = {
    "machine/port-behind-firewall": Planning(
        plan=plan_published_ports,
        reads=(*RULES.values(), SCRIPT, *FILES, drop_in("docker.service")),
        asks={STARTUP: ASKS, INTERFACES: "ls /sys/class/net"},
    )
}
