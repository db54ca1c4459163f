"""A cloud's metadata address gives the machine's credentials to whoever asks from it: containers, too."""

from __future__ import annotations

import re

from ...model.control import Control, Subject, nist, owasp
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.host import Firewall
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, not_seen, on_host
from ._firewall_rules import rules_of
from ._running import gap, running

_ADDRESS = "169.254.169.254"
_RULE = f"-A DOCKER-USER -d {_ADDRESS}/32 -j DROP"
_WEB = {"engine": {"containers": [{"name": "web"}]}}
_OPEN = on_host(firewall={"backend": "nft"})

control = Control(
    id="machine/cloud-metadata",
    title="Containers cannot reach the cloud's metadata address",
    fault="Containers can reach the cloud's metadata address",
    rationale=f"{_ADDRESS} hands out credentials, start scripts and keys of the machine without a password. One request "
    "that a container can be talked into is enough.",
    level=Level.PRODUCTION,
    severity=Severity.HIGH,
    demand="1.reach",
    subject=Subject.MACHINE,
    references=(nist("4.4.2"), owasp("D03")),
    remedy=Remedy(
        "Drop the address for containers. On Amazon EC2 set a hop limit of 1 with tokens required, besides.",
        "containers that use the machine's role need credentials of their own",
        f"iptables -I DOCKER-USER -d {_ADDRESS} -j DROP",
    ),
    check_yourself=f"iptables -S | grep {_ADDRESS}; cat /sys/class/dmi/id/sys_vendor",
    bad={"snapshot": [both(_WEB, _OPEN, on_host(virtualization=cloud)) for cloud in ("amazon", "google", "openstack")]},
    good={
        "snapshot": [
            both(
                _WEB,
                on_host(virtualization="amazon", firewall={"backend": "nft", "docker_user": [_RULE], "rules": [_RULE]}),
            ),
            both(
                _WEB,
                on_host(
                    virtualization="google",
                    firewall={
                        "backend": "nft",
                        "rules": [
                            "table inet own {",
                            "chain f {",
                            "type filter hook forward priority 0; policy accept;",
                            f"ip daddr {_ADDRESS} drop",
                        ],
                    },
                ),
            ),
        ]
    },
    unclear={
        "snapshot": [
            both(_WEB, _OPEN, on_host(virtualization="kvm")),
            both(_WEB, on_host(virtualization="amazon", firewall=not_seen())),
            both(_WEB, _OPEN, on_host(virtualization=not_seen())),
        ]
    },
)

_CLOUDS = ("amazon", "google", "openstack", "microsoft")
_NO_CLOUD = ("none", "vmware", "oracle", "parallels", "bochs", "wsl", "container")
"""Machines and hypervisors on which nobody answers at the address unless somebody put a cloud on top."""


@control.judge
def cloud_metadata(machine: Machine) -> Judgement:
    kind = machine.host.virtualization
    if isinstance(kind, Set) and kind.value in _NO_CLOUD:
        return not_applicable(f"no cloud's machine ({kind.value})", kind.source)
    if missing := gap(machine, "containers"):
        return missing
    outside = [unit.name for unit, _ in running(machine) if _goes_outside(machine, unit.networks)]
    if not outside:
        return not_applicable("no running container reaches anything outside", Source("GET /networks"))
    firewall = machine.host.firewall
    if rule := _dropping_rule(firewall):
        return passed(f"dropped: {rule}", firewall.source)
    if not isinstance(kind, Set):
        reason = getattr(kind, "reason", "whether this is a cloud's machine is not known")
        return unknown(reason, kind.source, tell=f"curl -m 2 http://{_ADDRESS}/ on the host")
    if kind.value not in _CLOUDS:
        says = f"a virtual machine ({kind.value}) that does not say whose"
        return unknown(says, kind.source, tell=f"curl -m 2 http://{_ADDRESS}/ on the host")
    if isinstance(firewall, Unknown):
        return unknown(firewall.reason, firewall.source, tell=firewall.tell)
    says = f"a machine of {kind.value}, and no rule keeps {len(outside)} running containers from {_ADDRESS}"
    return failed(says, firewall.source)


def _goes_outside(machine: Machine, networks: object) -> bool:
    inside = {network.name for network in machine.networks if network.internal or network.driver == "null"}
    return not isinstance(networks, Set) or bool(set(networks.value) - inside)


def _dropping_rule(firewall: Set[Firewall] | object) -> str:
    """Where the whole link-local network is dropped, the address is, too."""
    if not isinstance(firewall, Set):
        return ""
    drops = [rule.text for rule in rules_of(firewall.value) if rule.refuses and rule.chain not in ("INPUT", "OUTPUT")]
    return next((text for text in drops if re.search(rf"{re.escape(_ADDRESS)}|169\.254\.0\.0/16", text)), "")
