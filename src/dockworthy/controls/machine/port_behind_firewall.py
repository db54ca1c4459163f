"""A published port goes past the host's firewall: the engine's own rules send it on before INPUT is asked."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.control import Control, Subject, cis, nist, owasp
from ...model.field import Set, Source, Unknown
from ...model.finding import Judgement, Remedy, failed, not_applicable, passed, unknown
from ...model.host import Firewall
from ...model.levels import Level, Severity
from ...model.machine import Machine
from ..examples import both, not_seen, on_host
from ._firewall import guarding_rule, opening_rule, refuses_strangers
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
    title="A published port is open to those only whom the host's firewall lets in",
    rationale="The engine translates and forwards a published port before the firewall's INPUT rules, where ufw and most "
    "people's rules stand, see the packet. What the firewall seems to forbid is open to everyone.",
    level=Level.RESTRICTED,
    severity=Severity.HIGH,
    demand="5.network",
    subject=Subject.MACHINE,
    references=(cis("1.6.0", "5.9"), cis("1.8.0", "5.9"), nist("4.4.2"), owasp("D03")),
    remedy=Remedy(
        "If only this host or a proxy on it needs the port, publish it on 127.0.0.1. If it is for everyone, say so in the "
        "firewall, too. Else limit it in the chain DOCKER-USER.",
        "publishing it elsewhere recreates the container; a rule in DOCKER-USER costs nothing",
        "iptables -I DOCKER-USER -i INTERFACE -p tcp -m conntrack --ctorigdstport PORT ! -s NETWORK -j DROP",
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
    proxied = _goes_through_a_program(machine)
    for port in ports:
        if port.is_loopback:
            yield passed(f"{port.name}: open to this host only", port.source, about=port.about)
        elif proxied:
            yield not_applicable(
                f"{port.name}: {proxied}, so the firewall's INPUT rules hold", port.source, about=port.about
            )
        else:
            yield _judge(machine, port)


def _judge(machine: Machine, port: Published) -> Judgement:
    seen = machine.host.firewall
    if isinstance(seen, Unknown):
        return unknown(f"{port.name}: {seen.reason}", seen.source, tell=seen.tell, about=port.about)
    firewall = seen.value if isinstance(seen, Set) else Firewall("none")
    if not refuses_strangers(firewall):
        return not_applicable("the host has no firewall to go past", seen.source, about=port.about)
    if rule := opening_rule(firewall, port.port, port.protocol):
        return passed(f"{port.name}: the firewall opens it, too: {rule}", seen.source, about=port.about)
    subnets = [subnet for network in machine.networks for subnet in network.subnets]
    if rule := guarding_rule(firewall, (port.port, port.inside), subnets):
        return passed(f"{port.name}: limited by {rule}", seen.source, about=port.about)
    who = firewall.front if firewall.front_active else "the firewall"
    chain = "nothing in DOCKER-USER limits it" if firewall.docker_user else "DOCKER-USER is empty"
    return failed(f"{port.name}: {who} does not open it, the engine's rules do; {chain}", seen.source, about=port.about)


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
