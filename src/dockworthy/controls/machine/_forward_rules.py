"""What limits who reaches a published port on its way through the engine's own rules."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from ...model.host import Firewall
from ._firewall_rules import ONE_SOURCE, FirewallRule, names_port, ports_of, rules_of

_FROM_CONTAINERS = re.compile(r"(?<!! )-i (?:docker|br-)")
_OF_NO_CONNECTION = re.compile(r"--ctstate INVALID\b")
_LEADS = re.compile(r"-j DNAT\b|\bdnat (?:ip6? )?to\b")
_REFUSES = re.compile(r"-j (?:DROP|REJECT)\b")
_DESTINATION = re.compile(r"(?<!! )-d (\S+)")
_TABLE = re.compile(r"\s*table (\S+ \S+) \{")
_DROPS = re.compile(r"hook forward\b.*policy drop")


class ForwardRules:
    """`subnets` are the containers': a rule for other destinations limits nothing here."""

    def __init__(self, firewall: Firewall, subnets: Iterable[str]) -> None:
        rules = tuple(rules_of(firewall))
        ours = tuple(subnets)
        self._refusing = [text for text in _reached(firewall, rules) if _REFUSES.search(text) and _limits(text, ours)]
        self._own_chains = _own_chains(firewall, rules)
        self._leading = [rule.text for rule in rules if _LEADS.search(rule.text)]

    def guarding_rule(self, *ports: int) -> str:
        """`""` where nothing does. `ports`: on the host, and inside (translated when DOCKER-USER sees it)."""
        for text in self._refusing:
            if not ports_of(text) or names_port(text, *ports):
                return text
        for table, accepting in self._own_chains.items():
            if not any("dnat" in text or names_port(text, *ports) for text in accepting):
                return f"table {table}: hook forward, policy drop"
        return ""

    def leading_rule(self, port: int, protocol: str) -> str:
        """The engine's own rule that leads a port of the host to a container; `""` where none was seen."""
        named = (text for text in self._leading if names_port(text, port) and protocol in text)
        return next(named, "")


def _reached(firewall: Firewall, rules: Iterable[FirewallRule]) -> list[str]:
    """The rules of DOCKER-USER and of every chain that it leads to."""
    chains: dict[str, list[str]] = {}
    for rule in rules:
        if not rule.is_native:
            chains.setdefault(rule.chain, []).append(rule.text)
    found, waiting, seen = list(firewall.docker_user), list(firewall.docker_user), {"DOCKER-USER"}
    while waiting:
        target = re.search(r"-[jg] (\S+)", waiting.pop())
        if target and target[1] not in seen:
            seen.add(target[1])
            found += chains.get(target[1], [])
            waiting += chains.get(target[1], [])
    return found


def _limits(text: str, subnets: tuple[str, ...]) -> bool:
    """Not a list of unwanted sources, not broken packets, not what containers send, not for other destinations."""
    if ONE_SOURCE.search(text) or _FROM_CONTAINERS.search(text) or _OF_NO_CONNECTION.search(text):
        return False
    destination = _DESTINATION.search(text)
    return destination is None or any(_overlap(destination[1], subnet) for subnet in subnets)


def _overlap(one: str, other: str) -> bool:
    try:
        first, second = ipaddress.ip_network(one, strict=False), ipaddress.ip_network(other, strict=False)
    except ValueError:
        return False
    return first.version == second.version and first.overlaps(second)


def _own_chains(firewall: Firewall, rules: Iterable[FirewallRule]) -> dict[str, list[str]]:
    """Table -> what it lets in, for tables that people wrote for nft itself and that forward nothing by default.

    A packet must pass every base chain: what one of these stops, no rule of the engine lets through.
    """
    tables: dict[str, list[str]] = {}
    table = ""
    for line in firewall.rules:
        opened = _TABLE.match(line)
        table = opened[1] if opened else "" if line.startswith(("*", "# ")) else table
        mine = table and table not in ("ip filter", "ip6 filter") and "docker" not in table
        if mine and _DROPS.search(line):
            tables[table] = []
    for rule in rules:
        if rule.table in tables and rule.is_native and rule.accepts:
            tables[rule.table].append(rule.text)
    return tables
