"""Who reaches a published port from outside, by the rules in force, beside who is meant to."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from msgspec import Struct, structs

from ...model.host import Firewall
from ...model.policy import Reach
from .intention import OPEN, Intention, declared, told_by_input
from .rule import Packet
from .rulesets import Ruleset, native_input_tables, rulesets
from .walk import FilterPassage, walk

OWN_CHAIN = "DOCKWORTHY"
"""Of harden, asked by DOCKER-USER."""
PROXY_CHAIN = "DOCKWORTHY-PROXY"
"""Of harden, asked by INPUT: ports that a program of the engine takes (IPv6 on engines that write no rules for it)."""
_ENGINES_CHAIN = "DOCKER"


class PublishedDoor(Struct, frozen=True, kw_only=True):
    """A published port in one family of addresses. `inside` is the container's port."""

    ipv6: bool
    port: int
    protocol: str
    inside: int
    meant: FilterPassage
    actual: FilterPassage
    proxied: bool = False
    """INPUT decides: what it closes to everybody is not opened by rules for published ports."""

    @property
    def as_meant(self) -> bool:
        return self.actual == self.meant or (self.proxied and self.actual.closed)


class Doors:
    """The rules and the intention, read once for all ports."""

    def __init__(
        self, firewall: Firewall, published: Mapping[str, Reach] | None, bridges: Collection[str] = ()
    ) -> None:
        """`bridges` are the engine's: what comes from there is not from outside."""
        tables = [_without_bridges(table, bridges) for table in rulesets(firewall)]
        empty = _says_nothing(firewall)
        self._tables = {ipv6: _engines(tables, ipv6=ipv6) or empty for ipv6 in (False, True)}
        self.intentions: dict[bool, Intention | str] = {
            ipv6: told_by_input(firewall, ipv6=ipv6) if published is None else declared(published, ipv6=ipv6)
            for ipv6 in (False, True)
        }
        self.limited_by_us = any(OWN_CHAIN in table.chains for table in self._tables.values() if table is not None)

    def translates(self, *, ipv6: bool) -> bool:
        """Does the engine lead this family's packets by rules, and not through its proxy?"""
        table = self._tables[ipv6]
        return table is not None and _ENGINES_CHAIN in table.chains

    def of(self, port: int, protocol: str, inside: int, *, ipv6: bool) -> PublishedDoor | None:
        """None where rules or intention can't be told."""
        table, intention = self._tables[ipv6], self.intentions[ipv6]
        if table is None or isinstance(intention, str):
            return None
        meant = intention.of(port, protocol)
        actual = self._actual(table, meant, port, protocol, inside)
        proxied = not self.translates(ipv6=ipv6)
        return PublishedDoor(
            ipv6=ipv6, port=port, protocol=protocol, inside=inside, meant=meant, actual=actual, proxied=proxied
        )

    def _actual(self, table: Ruleset, meant: FilterPassage, port: int, protocol: str, inside: int) -> FilterPassage:
        if _ENGINES_CHAIN not in table.chains:
            policy = table.policies.get("INPUT", "ACCEPT") == "ACCEPT"
            return walk(table.chains, "INPUT", Packet(protocol, port, port), at_end=policy)
        if not _asks_docker_user(table):
            return OPEN
        packet = Packet(protocol, port, inside, translated=True)
        whole = walk(table.chains, "DOCKER-USER", packet, at_end=True)
        if whole == meant or OWN_CHAIN not in table.chains:
            return whole
        # A person's own rules in DOCKER-USER are asked, too: ours are as meant where these do not let everybody by.
        by = walk({**table.chains, OWN_CHAIN: ["-A x -j DROP"]}, "DOCKER-USER", packet, at_end=True)
        ours = walk({OWN_CHAIN: table.chains[OWN_CHAIN]}, OWN_CHAIN, packet, at_end=True)
        return ours if ours == meant and (by.unclear or not by.branches[-1].opens) else whole


def _says_nothing(firewall: Firewall) -> Ruleset | None:
    """The filter of a family that has no rules at all, where the rules were read and none are nft's own: all get in."""
    asked = any(line.startswith("# iptables-") for line in firewall.rules)
    if not asked or native_input_tables(firewall):
        return None
    return Ruleset(program="", ipv6=False, chains={}, policies={"INPUT": "ACCEPT"})


def _asks_docker_user(table: Ruleset) -> bool:
    """Before the engine's own rules: it puts that there, and does not again where containers outlive its restart."""
    for rule in table.chains.get("FORWARD", ()):
        if rule == "-A FORWARD -j DOCKER-USER":
            return True
        if "docker" in rule.lower():
            return False
    return not table.chains.get("FORWARD")


def in_words(passage: FilterPassage) -> str:
    """Who gets in."""
    if passage.unclear:
        return f"somebody (who, can't be told: {passage.unclear})"
    if passage.closed:
        return "nobody"
    return ", then ".join(_words(passage))


def _words(passage: FilterPassage) -> Iterator[str]:
    for branch in passage.branches:
        who = " ".join(branch.conditions).replace("-s ", "").replace("-i ", "from ")
        if branch.conditions or branch.opens:
            yield f"{'' if branch.opens else 'not '}{who or ('everybody' if len(passage.branches) == 1 else 'everybody else')}"


def _engines(tables: list[Ruleset], *, ipv6: bool) -> Ruleset | None:
    """The table in which the engine writes; where it writes none for this family, the one that has the INPUT rules."""
    ours = [table for table in tables if table.ipv6 is ipv6]
    ours.sort(key=lambda table: (_ENGINES_CHAIN not in table.chains, not table.filters_input))
    return ours[0] if ours else None


def _without_bridges(table: Ruleset, bridges: Collection[str]) -> Ruleset:
    """Our chains without the rules that let the engine's own bridges by."""
    chains = dict(table.chains)
    for chain in {OWN_CHAIN, PROXY_CHAIN} & chains.keys():
        ours = {f"-A {chain} -i {name} -j RETURN" for name in bridges}
        chains[chain] = [rule for rule in chains[chain] if rule not in ours]
    return structs.replace(table, chains=chains)
