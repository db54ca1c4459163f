"""A published port goes past the host's firewall: the engine's own rules send it on before INPUT is asked."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Source, Unknown, Unset
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.host import Firewall
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, not_seen, on_host
from ..packet_filter.bridges import engine_bridges
from ..packet_filter.reach import Doors, PublishedDoor, in_words
from ._forward_rules import ForwardRules
from ._input_rules import InputRules
from ._published import Published, published
from ._running import gap


def _port(address: str) -> dict[str, object]:
    bound = {"8080/tcp": [{"HostIp": address, "HostPort": "8080"}]}
    return {"engine": {"containers": [{"name": "web", "inspect": {"NetworkSettings": {"Ports": bound}}}]}}


def _filter(*rules: str, **more: object) -> dict[str, object]:
    return on_host(firewall={"backend": "nft", "input_policy": "drop", "rules": ["*filter", *rules], **more})


_UFW = "-A ufw-user-input -p tcp -m tcp --dport 22 -j ACCEPT"
_NEIGHBOURS = ("-A DOCKER-USER ! -s 10.0.0.0/8 -i eth0 -j DROP",)
_BLOCKLIST = ("-A DOCKER-USER -m set --match-set unwanted src -j DROP",)

control = Control(
    id="machine/port-behind-firewall",
    title="A published port is open to those only whom the host's firewall lets in",
    fault="{n} [published port is|published ports are] open past the host's firewall",
    rationale="The engine translates and forwards a published port before the firewall's INPUT rules, where ufw and most "
    "people's rules stand, see the packet. What the firewall seems to forbid is open to everyone.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="5.network",
    also_for=("1.reach",),
    subject=Subject.MACHINE,
    references=(cis("1.6.0", "5.9"), cis("1.8.0", "5.9"), nist("4.4.2"), owasp("D03")),
    remedy=Remedy(
        "If only this host or a proxy on it needs the port, publish it on 127.0.0.1. If it is for everyone, say so in the "
        "firewall, too, or in dockworthy.yaml (harden.published), and let harden close the others by rules that the chain "
        "DOCKER-USER asks.",
        "publishing it elsewhere recreates the container; with the rules, a port that nobody named is closed",
        "dockworthy harden --only machine/port-behind-firewall",
    ),
    check_yourself="iptables -S DOCKER-USER; iptables -S INPUT; docker ps --format '{{.Names}} {{.Ports}}'",
    bad={
        "snapshot": [
            both(_port("0.0.0.0"), _filter(_UFW, front="ufw", front_active=True)),
            both(_port("192.0.2.7"), _filter(_UFW)),
            both(_port("::"), _filter(_UFW, *_BLOCKLIST, docker_user=list(_BLOCKLIST))),
        ]
    },
    good={
        "snapshot": [
            both(_port("127.0.0.1"), _filter(_UFW, front="ufw", front_active=True)),
            both(_port("0.0.0.0"), _filter("-A ufw-user-input -p tcp -m multiport --dports 80,8000:8100 -j ACCEPT")),
            both(_port("0.0.0.0"), _filter(_UFW, *_NEIGHBOURS, docker_user=list(_NEIGHBOURS))),
        ]
    },
    unclear={"snapshot": both(_port("0.0.0.0"), on_host(firewall=not_seen()))},
)


@control.judge
def port_behind_firewall(machine: Machine) -> Iterator[Judgement]:
    ports = published(machine)
    if not ports:
        yield gap(machine, "containers") or not_applicable(
            "no container publishes a port", Source("GET /containers/json")
        )
        return
    proxied = _goes_through_a_program(machine)
    seen = machine.host.firewall
    rules = None if isinstance(seen, Unknown) else _Filter(seen, machine)
    for port in ports:
        if port.is_loopback:
            yield passed(f"{port.name}: open to this host only", port.source, about=port.about)
        elif proxied:
            yield not_applicable(
                f"{port.name}: {proxied}, so the firewall's INPUT rules hold", port.source, about=port.about
            )
        elif isinstance(seen, Unknown):
            yield unknown(f"{port.name}: {seen.reason}", seen.source, tell=seen.tell, about=port.about)
        elif rules is not None:
            yield rules.judge(port)


class _Filter:
    """The host's rules, read once for all ports."""

    def __init__(self, seen: Set[Firewall] | Unset, machine: Machine) -> None:
        firewall = seen.value if isinstance(seen, Set) else Firewall("none")
        self._source = seen.source
        self._input = InputRules(firewall)
        self._forward = ForwardRules(firewall, (subnet for n in machine.networks for subnet in n.subnets))
        self._doors = Doors(firewall, machine.published, engine_bridges(machine))
        self._declared = machine.published is not None
        backend = machine.engine.setting("firewall-backend")
        self._native = isinstance(backend, Set) and backend.value == "nftables"
        self._who = firewall.front if firewall.front_active else "the firewall"
        self._chain = "nothing in DOCKER-USER limits it" if firewall.docker_user else "DOCKER-USER is empty"

    def judge(self, port: Published) -> Judgement:
        doors = [door for ipv6 in port.families if (door := self._door(port, ipv6)) is not None]
        wrong = [door for door in doors if not door.as_meant]
        if self._declared or self._doors.limited_by_us:
            return self._as_meant(port, doors, wrong)
        if doors and not wrong and self._input.refuses_strangers:
            rule = self._input.opening_rule(port.port, port.protocol)
            says = f"the firewall opens it, too: {rule}" if rule else f"the rules let {in_words(doors[0].actual)} in"
            return passed(f"{port.name}: {says}", self._source, about=port.about)
        if not self._input.refuses_strangers and not any(door.meant.closed for door in wrong):
            return not_applicable("the host has no firewall to go past", self._source, about=port.about)
        return self._past_the_firewall(port)

    def _door(self, port: Published, ipv6: bool) -> PublishedDoor | None:
        if self._native:
            return None
        return self._doors.of(port.port, port.protocol, port.inside, ipv6=ipv6)

    def _as_meant(self, port: Published, doors: list[PublishedDoor], wrong: list[PublishedDoor]) -> Judgement:
        """Against what dockworthy.yaml says, or what harden's rules once took from the firewall."""
        if not doors:
            why = next(
                (each for each in self._doors.intentions.values() if isinstance(each, str)), "no rules were seen"
            )
            return unknown(
                f"{port.name}: who is meant to reach it can't be told: {why}", self._source, about=port.about
            )
        unclear = next((each.unclear for door in doors for each in (door.meant, door.actual) if each.unclear), "")
        if unclear:
            return unknown(f"{port.name}: {unclear}", self._source, about=port.about)
        if not wrong:
            return passed(
                f"{port.name}: {in_words(doors[0].meant)} may reach it, as meant", self._source, about=port.about
            )
        door = wrong[0]
        who = "dockworthy.yaml" if self._declared else self._who
        says = (
            f"{port.name}: {who} lets {in_words(door.meant)} in, but the rules in force let {in_words(door.actual)} in"
            f"{' over IPv6' if door.ipv6 else ''}"
        )
        return failed(says, self._source, about=port.about)

    def _past_the_firewall(self, port: Published) -> Judgement:
        if rule := self._input.opening_rule(port.port, port.protocol):
            return passed(f"{port.name}: the firewall opens it, too: {rule}", self._source, about=port.about)
        if rule := self._forward.guarding_rule(port.port, port.inside):
            return passed(f"{port.name}: limited by {rule}", self._source, about=port.about)
        rule = self._forward.leading_rule(port.port, port.protocol)
        does = f"the engine's rule does: {rule}" if rule else "the engine's rules do"
        says = f"{port.name}: {self._who} does not open it, {does}; {self._chain}"
        return failed(says, self._source, about=port.about)


def _goes_through_a_program(machine: Machine) -> str:
    """Where the engine writes no rules, a program of the host takes the connections."""
    for setting, value, says in (
        ("rootless", True, "a rootless engine publishes through a program"),
        ("iptables", False, "the engine writes no rules and publishes through its proxy"),
    ):
        field = machine.engine.setting(setting)
        if isinstance(field, Set) and field.value is value:
            return says
    return ""
