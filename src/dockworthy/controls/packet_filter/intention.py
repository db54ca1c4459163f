"""Who is meant to reach a published port: by dockworthy.yaml where it says so, else by the host's own INPUT rules."""

from __future__ import annotations

import ipaddress
import itertools
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from ...model.host import Firewall
from ...model.policy import Exposure, Reach
from ...model.ports import PROTOCOLS, Ports
from .rule import Packet, named_ports, parsed
from .rulesets import Ruleset, native_input_tables, rulesets
from .walk import Branch, FilterPassage, walk

_INTERNAL = {
    False: ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
    True: ("fc00::/7", "fe80::/10"),
}
"""RFC 1918, RFC 3927, RFC 4193, RFC 4291: addresses that the internet does not carry, for IPv4 and IPv6."""

_CLOSED = FilterPassage((Branch((), False),))
OPEN = FilterPassage((Branch((), True),))


class Intention(Struct, frozen=True, kw_only=True):
    """`said_by`: whose intention it is. `ports` are those that differ from their protocol's `others`."""

    said_by: str
    ports: dict[Ports, FilterPassage]
    others: dict[str, FilterPassage]

    def of(self, port: int, protocol: str) -> FilterPassage:
        for ports, passage in self.ports.items():
            if ports.holds(protocol, port):
                return passage
        return self.others.get(protocol, _CLOSED)

    @property
    def limits_nothing(self) -> bool:
        return all(passage.opens_to_all for passage in (*self.ports.values(), *self.others.values()))


def declared(published: Mapping[str, Reach], *, ipv6: bool) -> Intention:
    """What dockworthy.yaml says; what it does not name is for nobody outside."""
    named = sorted(((Ports.parse(name), reach) for name, reach in published.items()), key=lambda each: _width(each[0]))
    ports = {each: _reached(reach, ipv6) for each, reach in named}
    return Intention(said_by="dockworthy.yaml", ports=ports, others=dict.fromkeys(PROTOCOLS, _CLOSED))


def _width(ports: Ports) -> int:
    """One port comes before the range that it is in."""
    return ports.high - ports.low


def _reached(reach: Reach, ipv6: bool) -> FilterPassage:
    if reach is Exposure.INTERNET:
        return OPEN
    if reach is Exposure.PRIVATE:
        return _CLOSED
    networks = _INTERNAL[ipv6] if isinstance(reach, Exposure) else _networks(reach, ipv6)
    return FilterPassage((*(Branch((f"-s {network}",), True) for network in networks), Branch((), False)))


def _networks(written: Iterable[str], ipv6: bool) -> Iterator[str]:
    for text in written:
        network = ipaddress.ip_network(text)
        if (network.version == 6) is ipv6:
            yield str(network)


def told_by_input(firewall: Firewall, *, ipv6: bool) -> Intention | str:
    """What the host's INPUT rules let in to itself. Why it can't be told, as a sentence, where it can't."""
    tables = [table for table in rulesets(firewall) if table.ipv6 is ipv6]
    speaking = [table for table in tables if table.filters_input]
    if len(speaking) > 1:
        return "INPUT rules stand in two tables: " + " and ".join(table.program for table in speaking)
    if firewall.front == "firewalld" and firewall.front_active:
        return "firewalld keeps its rules in a table of its own"
    if native := native_input_tables(firewall):
        return f"rules for incoming packets stand in a table of nft's own: {', '.join(native)}"
    if not tables:
        return f"no {'ip6tables' if ipv6 else 'iptables'} rules were seen"
    return _of_input((speaking or tables)[0], firewall.front if firewall.front_active else "the host's INPUT rules")


def _of_input(table: Ruleset, said_by: str) -> Intention:
    ports: dict[Ports, FilterPassage] = {}
    others: dict[str, FilterPassage] = {}
    stretches = list(_stretches(table))
    for protocol in PROTOCOLS:
        named = {stretch: _through_input(table, protocol, stretch[0]) for stretch in stretches}
        others[protocol] = _through_input(table, protocol, _unnamed(stretches))
        for (low, high), passage in named.items():
            if passage != others[protocol]:
                ports[Ports(protocol, low, high)] = passage
    return Intention(said_by=said_by, ports=ports, others=others)


def _through_input(table: Ruleset, protocol: str, port: int) -> FilterPassage:
    policy = table.policies.get("INPUT", "ACCEPT") == "ACCEPT"
    return walk(table.chains, "INPUT", Packet(protocol, port, port), at_end=policy)


def _stretches(table: Ruleset) -> Iterator[tuple[int, int]]:
    """The ports that rules speak of, cut so that within one each rule speaks of all or none."""
    ranges = {found for rule in _led_to(table, "INPUT") for found in named_ports(rule)}
    edges = sorted({edge for low, high in ranges for edge in (low, high + 1)})
    for low, following in itertools.pairwise(edges):
        if any(first <= low <= last for first, last in ranges):
            yield low, following - 1


def _led_to(table: Ruleset, start: str) -> Iterator[str]:
    """The rules of a chain and of all that it leads to. The engine's own chains may hold thousands of others."""
    seen, waiting = {start}, [start]
    while waiting:
        for rule in table.chains.get(waiting.pop(), ()):
            yield rule
            target = parsed(rule).target
            if target in table.chains and target not in seen:
                seen.add(target)
                waiting.append(target)


def _unnamed(stretches: list[tuple[int, int]]) -> int:
    """A port that no rule speaks of."""
    free = 1
    for low, high in stretches:
        if free < low:
            break
        free = high + 1
    return free
