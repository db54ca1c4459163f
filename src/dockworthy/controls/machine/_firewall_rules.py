"""Reads the rules of a packet filter as text: `iptables-save` lines and `nft list ruleset` blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from ...model.host import Firewall


class FirewallRule(Struct, frozen=True):
    """`chain` as its own tool names it; `hook` only where an nft base chain says so."""

    table: str
    chain: str
    text: str
    hook: str = ""

    @property
    def accepts(self) -> bool:
        return re.search(r"-j ACCEPT\b|\baccept\b", self.text) is not None

    @property
    def refuses(self) -> bool:
        return re.search(r"-j (?:DROP|REJECT)\b|\b(?:drop|reject)\b", self.text) is not None

    @property
    def is_native(self) -> bool:
        """Written for nft itself, not through iptables."""
        return not self.text.startswith("-A ")


ONE_SOURCE = re.compile(r"(?<!! )(?:-s|--match-set) \S+|\bsaddr (?!!=)")
"""A rule that speaks of some senders only."""

_TABLE = re.compile(r"\s*table (\S+) (\S+) \{")
_CHAIN = re.compile(r"\s*chain (\S+) \{")
_HOOK = re.compile(r"\bhook (\w+)\b")


def rules_of(firewall: Firewall) -> Iterator[FirewallRule]:
    """Rules in order. A base chain's own line (`type filter hook input … policy drop;`) is none."""
    table = chain = hook = ""
    for line in firewall.rules:
        text = line.strip()
        if line.startswith("*"):
            table, chain, hook = text[1:], "", ""
        elif opened := _TABLE.match(line):
            table, chain, hook = f"{opened[1]} {opened[2]}", "", ""
        elif opened := _CHAIN.match(line):
            chain, hook = opened[1], ""
        elif found := _HOOK.search(text):
            hook = found[1]
        elif text.startswith("-A "):
            yield FirewallRule(table, text.split(" ", 2)[1], text)
        elif text and text != "}" and chain:
            yield FirewallRule(table, chain, text, hook)


_PORTS = re.compile(r"(?:--dports?|--ctorigdstport|\bdport)\s+(!=\s*)?(\{[^}]*\}|\S+)")


def ports_of(text: str) -> list[tuple[int, int]]:
    """The destination ports that a rule names, as ranges; empty where it names none."""
    found = []
    for match in _PORTS.finditer(text):
        if match[1] or f"! {match[0]}" in text:
            continue
        for part in match[2].strip("{} ").split(","):
            low, _, high = part.strip().replace(":", "-").partition("-")
            if low.isdigit() and (not high or high.isdigit()):
                found.append((int(low), int(high or low)))
    return found


def names_port(text: str, *ports: int) -> bool:
    return any(low <= port <= high for low, high in ports_of(text) for port in ports)
