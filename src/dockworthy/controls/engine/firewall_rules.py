"""The engine isolates networks by firewall rules; told to write none, it leaves them open."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Engine
from ...model.finding import Judgement, Remedy
from ...model.levels import Level, Severity
from ..examples import settings_not_seen
from ._settings import judge_switch

control = Control(
    id="engine/firewall-rules",
    title="The engine may write its own firewall rules",
    fault="The engine does not write its own firewall rules",
    rationale="Isolation between networks, the address translation of containers and the limits of published ports "
    "are firewall rules of the engine. With `iptables` off nothing of it is there. (IPv6: machine/ipv6-filtered.)",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="5.network",
    subject=Subject.ENGINE,
    references=(cis("1.6.0", "2.4"), cis("1.8.0", "2.4"), nist("4.4.2"), owasp("D03")),
    remedy=Remedy(
        'Remove `"iptables": false` from daemon.json and from the command line; write rules of your own into the '
        "chain DOCKER-USER.",
        "restart of the engine: containers stop unless live-restore is on",
    ),
    check_yourself="grep -s tables /etc/docker/daemon.json; systemctl show -p ExecStart docker; "
    "iptables -S DOCKER-USER",
    bad={"daemon.json": '{"iptables": false}'},
    good={"daemon.json": ["{}", '{"iptables": true}']},
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def firewall_rules(engine: Engine) -> Judgement:
    return judge_switch(
        engine,
        "iptables",
        must_be=True,
        bad="iptables is off: the engine writes no firewall rules, its networks are not isolated",
        good="the engine writes its firewall rules",
    )
