"""Where the host forwards what nobody asked for, a neighbour reaches ports that were never published."""

from __future__ import annotations

from ...model.control import Control, Subject, nist, owasp
from ...model.dialect import Version
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.host import Firewall
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, not_seen, on_host
from ._running import gap, running

_OLD = {
    "engine": {
        "version": {"Version": "26.1.5", "ApiVersion": "1.45"},
        "containers": [{"name": "web"}],
    }
}

control = Control(
    id="machine/unpublished-ports",
    title="Neighbours on the network do not reach unpublished ports",
    fault="Neighbours on the network reach unpublished ports",
    rationale="Before version 28 the engine itself did not stop a machine next door that sends packets for the "
    "containers' addresses to this host: with FORWARD on ACCEPT every port of every container is open to it.",
    level=Level.PRODUCTION,
    severity=Severity.MEDIUM,
    demand="5.network",
    also_for=("1.reach",),
    subject=Subject.MACHINE,
    references=(nist("4.4.2"), owasp("D03")),
    remedy=Remedy(
        "Upgrade the engine to 28 or later, or let the host forward only what a rule allows.",
        "other forwarding on this host (VPN, virtual machines) then needs rules of its own",
        "iptables -P FORWARD DROP",
    ),
    check_yourself="iptables -S FORWARD | head -1; docker version -f '{{.Server.Version}}'",
    bad={
        "snapshot": [
            both(_OLD, on_host(firewall={"backend": "nft", "forward_policy": "accept"})),
            both({"engine": {"containers": [{"name": "web"}]}}, on_host(daemon_json={"allow-direct-routing": True})),
        ]
    },
    good={
        "snapshot": [
            both(_OLD, on_host(firewall={"backend": "nft", "forward_policy": "drop"})),
            both(
                {"engine": {"containers": [{"name": "web"}]}},
                on_host(firewall={"backend": "nft", "forward_policy": "accept"}),
            ),
        ]
    },
    unclear={"snapshot": both(_OLD, on_host(firewall=not_seen()))},
)

_ENGINE_STOPS_THEM_SINCE = Version(28, 0)


@control.judge
def unpublished_ports(machine: Machine) -> Judgement:
    if missing := gap(machine, "containers"):
        return missing
    if not running(machine):
        return not_applicable("no container runs", Source("GET /containers/json"))
    direct = machine.engine.setting("allow-direct-routing")
    if isinstance(direct, Set) and direct.value is True:
        return failed("allow-direct-routing is on: the engine lets neighbours in", direct.source)
    version = _version(machine)
    if version is not None and version >= _ENGINE_STOPS_THEM_SINCE:
        return passed(f"engine {version.major} drops packets to unpublished ports", machine.engine.version.source)
    seen = machine.host.firewall
    if isinstance(seen, Unknown):
        return unknown(seen.reason, seen.source, tell=seen.tell)
    firewall = seen.value if isinstance(seen, Set) else Firewall("none")
    if firewall.forward_policy in ("drop", "reject"):
        return passed("the host forwards only what a rule allows", seen.source)
    if version is None:
        return unknown("the engine's version is not known", machine.engine.version.source)
    return failed(f"the host forwards everything, and engine {version.major} does not stop it", seen.source)


def _version(machine: Machine) -> Version | None:
    version = machine.engine.version
    try:
        return Version.parse(version.value.split("+")[0].split("-")[0]) if isinstance(version, Set) else None
    except ValueError:
        return None
