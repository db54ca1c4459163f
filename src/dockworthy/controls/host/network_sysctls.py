"""Two kernel settings that containers' networks stand on; other software likes to set them back."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject
from ...model.finding import Judgement, Remedy
from ...model.host import Host
from ...model.levels import Level, Severity
from ..examples import not_seen, sysctls
from ._sysctls import WantedSysctl, exactly, judge_sysctls

WANTED = {
    "net.ipv4.ip_forward": WantedSysctl(exactly(1), "1", "the host forwards nothing: containers have no network"),
    "net.bridge.bridge-nf-call-iptables": WantedSysctl(
        exactly(1), "1", "traffic on a bridge passes by the firewall: `icc: false` separates nobody"
    ),
}
_BRIDGE = "net__bridge__bridge-nf-call-iptables"

control = Control(
    id="host/network-sysctls",
    title="The kernel forwards and filters containers' traffic",
    fault="{n} [setting of the kernel breaks|settings of the kernel break] forwarding or filtering of "
    "containers' traffic",
    rationale="The engine switches both on when it starts. A hardening script or `sysctl --system` with another value "
    "switches them off again, and containers lose their network, or their walls, at that moment.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.network",
    subject=Subject.HOST,
    remedy=Remedy(
        "Write the setting to a file of /etc/sysctl.d that is read last (`zz-...conf`), load it with `sysctl --system`, and "
        "remove the line that sets it back.",
        "none",
    ),
    check_yourself="sysctl net.ipv4.ip_forward net.bridge.bridge-nf-call-iptables; grep -r ip_forward /etc/sysctl*",
    bad={
        "snapshot": [
            sysctls(net__ipv4__ip_forward="0", **{_BRIDGE: "1"}),
            sysctls(net__ipv4__ip_forward="1", **{_BRIDGE: "0"}),
        ]
    },
    good={"snapshot": sysctls(net__ipv4__ip_forward="1", **{_BRIDGE: "1"})},
    unclear={"snapshot": {"host": {"sysctls": {"net.ipv4.ip_forward": not_seen()}}}},
)


@control.judge
def network_sysctls(host: Host) -> Iterator[Judgement]:
    return judge_sysctls(host, WANTED)
