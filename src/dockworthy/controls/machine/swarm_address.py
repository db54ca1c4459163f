"""A manager that listens on every address takes orders for the whole swarm from every network."""

from __future__ import annotations

from ...model.control import Control, Subject, cis, nist
from ...model.field import Set, Source, Unknown, Unset
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, engine_says, not_seen, on_host
from ._input_rules import InputRules
from ._running import gap

_MANAGEMENT = 2377
_SWARM = engine_says(Swarm={"LocalNodeState": "active", "ControlAvailable": True})

_OPEN = on_host(firewall={"backend": "nft", "input_policy": "accept"})


def _listens(address: str) -> dict[str, object]:
    return on_host(listeners=[{"protocol": "tcp", "address": address, "port": _MANAGEMENT, "program": "dockerd"}])


control = Control(
    id="machine/swarm-address",
    title="The swarm's management port listens on a chosen address",
    fault="The swarm's management port listens on every address",
    rationale="By default a manager listens on every address of the host, also on those that face the internet.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="6.orchestrators",
    subject=Subject.MACHINE,
    references=(cis("1.6.0", "7.2"), cis("1.8.0", "7.2"), nist("4.3.2")),
    remedy=Remedy(
        "Leave and join again with `--listen-addr` on the address of the private network, one manager after the other; or "
        "let the host's firewall admit the other nodes only.",
        "a manager at a time leaves the swarm",
    ),
    check_yourself=f"ss -ltnp | grep {_MANAGEMENT}",
    bad={"snapshot": [both(_SWARM, _listens("0.0.0.0"), _OPEN), both(_SWARM, _listens("::"), _OPEN)]},
    good={"snapshot": [both(_SWARM, _listens("10.0.0.5"), _OPEN), both(_SWARM, _listens("::"))]},
    unclear={"snapshot": both(_SWARM, on_host(listeners=not_seen()))},
)


@control.judge
def swarm_address(machine: Machine) -> Judgement:
    if machine.cluster is None:
        return gap(machine) or not_applicable("no swarm", Source("GET /info", "Swarm"))
    if not machine.cluster.manager:
        return not_applicable("a worker has no management port", machine.cluster.source)
    seen = machine.host.listeners
    if isinstance(seen, Unknown | Unset):
        reason = seen.reason if isinstance(seen, Unknown) else "who listens is not known"
        return unknown(reason, seen.source, tell=f"ss -ltnp | grep {_MANAGEMENT}")
    addresses = {listener.address for listener in seen.value if listener.port == _MANAGEMENT}
    if not addresses:
        return unknown(f"nobody is seen to listen on {_MANAGEMENT}", seen.source, tell=f"ss -ltnp | grep {_MANAGEMENT}")
    if not addresses & {"0.0.0.0", "::", "*"}:
        return passed(f"port {_MANAGEMENT} listens on {', '.join(sorted(addresses))}", seen.source)
    firewall = machine.host.firewall
    if isinstance(firewall, Set):
        rules = InputRules(firewall.value)
        if rules.refuses_strangers and not rules.opening_rule(_MANAGEMENT, "tcp"):
            return passed(f"the host's firewall keeps strangers from port {_MANAGEMENT}", firewall.source)
    return failed(f"port {_MANAGEMENT} listens on every address", seen.source)
