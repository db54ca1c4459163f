"""A network with a driver or an option of its own can be the network of the host."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ...model.control import Control, Subject, nist, owasp
from ...model.finding import Judgement, Remedy, not_applicable, unknown
from ...model.levels import Level, Severity
from ...model.network_options import DRIVERS, OPTIONS
from ...model.workload import NetworkUse, Unit
from ._graded import GradedFault, judge_graded
from ._platforms import CONTAINERS

_ONE = "services: {web: {image: shop, networks: [own]}}\nnetworks: {own: %s}"
_DEFAULT = "services: {web: {image: shop}}\nnetworks: {default: %s}"

control = Control(
    id="workload/network-drivers",
    title="Networks use Docker's own drivers and no network interface of the host",
    fault="{who} [uses|use] a network driver or option that can reach the host's network",
    rationale="With `macvlan` or `ipvlan` a container is a machine on the host's own network, past the engine's rules and "
    "the host's firewall. An option that names a bridge joins that bridge, where there is one, with all that is on it; "
    "`com.docker.network.endpoint.sysctls` sets network parameters of the kernel. The guard refuses all of these.",
    level=Level.RESTRICTED,
    severity=Severity.MEDIUM,
    demand="1.reach",
    also_for=("1.host-access", "3.least-privilege"),
    subject=Subject.UNIT,
    platforms=CONTAINERS,
    references=(nist("4.3.3"), nist("4.4.2"), owasp("D03")),
    remedy=Remedy(
        "Leave `driver` and `driver_opts` out; publish the ports that others need.",
        "the network is made anew, and its containers recreated",
    ),
    check_yourself="docker network inspect -f '{{.Driver}} {{json .Options}}' NETWORK",
    bad={
        "compose": [
            _ONE % "{driver: macvlan, driver_opts: {parent: eth0}}",
            _ONE % "{driver: ipvlan}",
            _ONE % "{driver: weave}",
            _ONE % "{driver_opts: {com.docker.network.bridge.name: docker0}}",
            _ONE % "{driver_opts: {com.docker.network.bridge.name: br-mailcow}}",
            _DEFAULT % "{driver_opts: {com.docker.network.bridge.name: docker_gwbridge}}",
            "services: {web: {image: shop, networks: {}}}\nnetworks: {default: {driver: macvlan}}",
            "services: {web: {image: shop, networks: []}}\nnetworks: {default: {driver: macvlan}}",
            "services: {web: {image: shop, networks: {own: {ipv4_address: '${IP}'}}}}\nnetworks: {own: {driver: macvlan}}",
            "services: {web: {image: shop, networks: {own: {driver_opts: {com.docker.network.endpoint.sysctls: a=1}}}}}"
            "\nnetworks: {own: {}}",
        ]
    },
    good={
        "compose": [
            "services: {web: {image: shop}}",
            "services: {web: {image: shop, networks: [own, theirs]}}\nnetworks: {own: , theirs: {external: true}}",
            _ONE % "{driver: bridge, driver_opts: {com.docker.network.driver.mtu: '1400'}}",
            _ONE % "{driver: overlay, driver_opts: {encrypted: ''}}",
            _DEFAULT % "{driver_opts: {com.docker.network.container_iface_prefix: x}}",
            "services: {web: {image: shop, networks: {own: {driver_opts: {com.docker.network.endpoint.ifname: eth7}}}}}"
            "\nnetworks: {own: {}}",
        ]
    },
    unclear={
        "compose": [
            _ONE % "{driver: '${DRIVER}'}",
            _ONE % "{driver_opts: {com.docker.network.bridge.name: '${BRIDGE}'}}",
            "services: {web: {image: shop, networks: ['${NETWORK}']}}",
        ]
    },
)

_BRIDGE = "com.docker.network.bridge.name"
_OF_HOST = ("macvlan", "ipvlan")
_PREDEFINED = ("host", "null", "none")
"""Words of the engine for networks that it has itself: other controls judge them."""
_NAMES_INSIDE = ("com.docker.network.container_iface_prefix", "com.docker.network.endpoint.ifname")
"""They name the interface inside the container, and nothing of the host."""
_BRIDGES_OF_HOST = re.compile(r"docker0|docker_gwbridge|lo|(?:br|bridge|xenbr|virbr|vmbr|lxcbr|lxdbr|cni|podman)\d+")
"""Those of the engine, of other programs that run containers and machines, and of the host itself."""


@control.judge
def network_drivers(unit: Unit) -> Judgement:
    if unit.kind != "service":
        return not_applicable("how its networks are made is a matter of the networks", unit.source)
    faults = [fault for use in unit.network_uses for fault in _faults(use)]
    gap = unit.unclear.get("network_uses")
    if gap is not None and not faults:
        return unknown(gap.reason, gap.source, tell=gap.tell)
    return judge_graded(
        faults, good="its networks use Docker's own drivers and no interface of the host", source=unit.source
    )


def _faults(use: NetworkUse) -> Iterator[GradedFault]:
    if use.driver not in (*DRIVERS, *_PREDEFINED):
        where = (
            "it is on the host's own network" if use.driver in _OF_HOST else "what it reaches, another program decides"
        )
        yield GradedFault(f"network {use.name}: driver {use.driver}: {where}", use.declared_at, Severity.MEDIUM)
    for name, value in use.options if use.driver in DRIVERS else ():
        if name == _BRIDGE and value:
            yield _bridge_fault(use, value)
        elif name not in (*OPTIONS, _BRIDGE) and name not in _NAMES_INSIDE:
            yield GradedFault(f"network {use.name}: {name}: {value}", use.declared_at, Severity.MEDIUM)
    for name, value in use.endpoint_options:
        if name not in _NAMES_INSIDE:
            says = f"its connection to network {use.name}: {name}: {value}"
            yield GradedFault(says, use.declared_at, Severity.MEDIUM)


def _bridge_fault(use: NetworkUse, bridge: str) -> GradedFault:
    """The engine makes a bridge of a new name, and takes one that is there."""
    if _BRIDGES_OF_HOST.fullmatch(bridge):
        says, severity = "that bridge is not the project's", Severity.HIGH
    else:
        says, severity = "it joins that bridge if it exists already", Severity.LOW
    return GradedFault(f"network {use.name}: {_BRIDGE}: {bridge}: {says}", use.declared_at, severity)
