"""What listens on this host should be reached only if somebody said so."""

from __future__ import annotations

from typing import Any

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set
from ...model.finding import Judgement, Remedy, failed, passed
from ...model.host import Firewall, Host
from ...model.levels import Level, Severity
from ..examples import not_seen, on_host
from ._fields import not_known

_ENDS_WITH_REFUSAL = ("-A INPUT -j DROP", "-A INPUT -j REJECT")


def _firewall(**changed: Any) -> dict[str, Any]:
    return on_host(firewall={"backend": "nft", **changed})


control = Control(
    id="host/firewall",
    title="A firewall refuses what nobody allowed",
    fault="No firewall refuses what nobody allowed",
    rationale="A service that is started by mistake, or listens on every address by default, is on the network at "
    "once. A firewall that refuses by default makes that a local mistake.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="5.network",
    subject=Subject.HOST,
    references=(nist("4.5.1"), owasp("D03")),
    remedy=Remedy(
        "Set up ufw, firewalld or nftables with a policy that refuses incoming connections; allow SSH first. Ports that "
        "containers publish pass by it: limit those in the chain DOCKER-USER.",
        "connections that nobody allowed are refused",
        "apt-get install ufw && ufw allow OpenSSH && ufw enable",
    ),
    check_yourself="nft list ruleset | grep -A1 'hook input'; iptables -S INPUT; ufw status",
    bad={"snapshot": [_firewall(backend="none"), _firewall(input_policy="accept"), _firewall(front="ufw")]},
    good={
        "snapshot": [
            _firewall(input_policy="drop"),
            _firewall(front="ufw", front_active=True),
            _firewall(input_policy="accept", rules=["-A INPUT -j REJECT --reject-with icmp-host-prohibited"]),
        ]
    },
    unclear={"snapshot": on_host(firewall=not_seen())},
)


@control.judge
def firewall(host: Host) -> Judgement:
    field = host.firewall
    if not isinstance(field, Set):
        return not_known(field, what="the firewall")
    how = _refuses(field.value)
    if how:
        return passed(how, field.source)
    if field.value.front:
        return failed(f"{field.value.front} is installed and switched off", field.source)
    if field.value.backend == "none":
        return failed("there are no firewall rules", field.source)
    return failed("incoming connections are accepted unless a rule refuses them", field.source)


def _refuses(rules: Firewall) -> str:
    """How incoming connections are refused by default, `""` where they are not."""
    if rules.front and rules.front_active:
        return f"{rules.front} is on"
    if rules.input_policy == "drop":
        return "the policy of the input chain is drop"
    last = [rule for rule in rules.rules if rule.startswith(_ENDS_WITH_REFUSAL)]
    return f"the input chain ends with: {last[-1]}" if last else ""
