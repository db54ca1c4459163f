"""The engine isolates networks by firewall rules; told to write none, it leaves them open."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.engine import Engine
from ...model.field import Set, Unknown
from ...model.finding import Judgement, Outcome, Remedy
from ...model.levels import Level, Severity
from ..examples import settings_not_seen
from ._settings import judge_switch

control = Control(
    title="The engine may write its own firewall rules",
    rationale="Isolation between networks, the address translation of containers and the limits of published ports "
    "are firewall rules of the engine. With `iptables` off they are missing, and with IPv6 on and `ip6tables` off "
    "every port of a container is open over IPv6, published or not.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="5.network",
    subject=Subject.ENGINE,
    references=(cis("1.6.0", "2.4"), cis("1.8.0", "2.4"), nist("4.4.2"), owasp("D03")),
    remedy=Remedy(
        'Remove `"iptables": false` and `"ip6tables": false` from daemon.json and from the command line; write rules '
        "of your own into the chain DOCKER-USER.",
        "restart of the engine: containers stop unless live-restore is on",
    ),
    check_yourself="grep -s tables /etc/docker/daemon.json; systemctl show -p ExecStart docker; "
    "iptables -S DOCKER-USER",
    bad={"daemon.json": ['{"iptables": false}', '{"ipv6": true, "ip6tables": false}']},
    good={"daemon.json": ["{}", '{"iptables": true}', '{"ipv6": true, "ip6tables": true}']},
    unclear={"snapshot": settings_not_seen()},
)


@control.judge
def firewall_rules(engine: Engine) -> Judgement:
    ipv4 = judge_switch(
        engine,
        "iptables",
        must_be=True,
        bad="iptables is off: the engine writes no firewall rules, its networks are not isolated",
        good="the engine writes its firewall rules",
    )
    ipv6 = engine.setting("ipv6")
    if ipv4.outcome is not Outcome.PASS or (not isinstance(ipv6, Unknown) and not _is_on(ipv6)):
        return ipv4
    return judge_switch(
        engine,
        "ip6tables",
        must_be=True,
        bad="IPv6 is on and ip6tables is off: every port of a container is open over IPv6",
        good="the engine writes its firewall rules, also for IPv6",
    )


def _is_on(setting: object) -> bool:
    return isinstance(setting, Set) and setting.value is True
