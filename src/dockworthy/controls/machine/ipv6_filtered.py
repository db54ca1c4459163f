"""Over IPv6 there is no translation that hides anything: without filter rules every port of a container is open."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, on_host, settings_not_seen
from ._running import gap

_SIX = {"engine": {"networks": [{"Name": "shop", "Driver": "bridge", "EnableIPv6": True}]}}
_OLD = {"engine": {"version": {"Version": "26.1.5", "ApiVersion": "1.45"}, **_SIX["engine"]}}

control = Control(
    id="machine/ipv6-filtered",
    title="Networks with IPv6 are filtered as they are for IPv4",
    fault="{who} [has|have] IPv6 that is not filtered as IPv4 is",
    rationale="Engines before 27 write no IPv6 rules unless told to: on a network with IPv6 the world reaches every port "
    "of every container whose address it knows.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="5.network",
    subject=Subject.MACHINE,
    references=(nist("4.4.2"), owasp("D03")),
    remedy=Remedy(
        'Set `"ip6tables": true` (before engine 27 with `"experimental": true`), or upgrade the engine.',
        "restart of the engine: containers stop unless live-restore is on",
    ),
    check_yourself="ip6tables -S DOCKER; docker network inspect -f '{{.Name}} {{.EnableIPv6}}' $(docker network ls -q)",
    bad={"snapshot": [_OLD, both(_SIX, on_host(daemon_json={"ip6tables": False}))]},
    good={"snapshot": [_SIX, both(_OLD, on_host(daemon_json={"ip6tables": True}))]},
    unclear={"snapshot": both(settings_not_seen(), {"engine": {"version": {"Version": "?"}, **_SIX["engine"]}})},
)


@control.judge
def ipv6_filtered(machine: Machine) -> Iterator[Judgement]:
    setting = machine.engine.setting("ip6tables")
    networks = [n for n in machine.networks if n.ipv6 and n.driver == "bridge" and not n.internal]
    if not networks:
        yield gap(machine, "networks") or not_applicable("no network has IPv6", Source("GET /networks", "EnableIPv6"))
    for network in networks:
        about = f"network/{network.name}"
        if isinstance(setting, Unknown):
            yield unknown(setting.reason, setting.source, tell=setting.tell, about=about)
        elif isinstance(setting, Set) and setting.value is True:
            yield passed("the engine writes IPv6 rules", setting.source, about=about)
        else:
            yield failed("it has IPv6, and the engine writes no IPv6 rules", setting.source, about=about)
