"""What the host's own packet filter lets in."""

from __future__ import annotations

import re

from msgspec import Struct

from ...model.host import Firewall
from ._firewall_rules import ONE_SOURCE, FirewallRule, ports_of, rules_of

_OTHER_WAYS = re.compile(r"(?i)docker|forward|fwd|output|outgoing|prerouting|postrouting|\bnat_")
"""Chains that a packet to the host itself never passes."""
_OTHER_TABLES = re.compile(r"(?:^|\s)(?:nat|mangle|raw|security)$")
_LOOPBACK = re.compile(r"-i lo\b|iif(?:name)? \"?lo\b")
_ALL = re.compile(r"-A INPUT(?: -i \S+)? -j ACCEPT")
_REFUSES_ALL = re.compile(r"(?:-A INPUT -j (?:DROP|REJECT)|drop|reject)\b.*")
_PROTOCOL = re.compile(r"-p (tcp|udp)\b|\b(tcp|udp) dport")


class _Opening(Struct, frozen=True):
    """`ports` as ranges, empty for every port; `protocol` `""` for each."""

    ports: tuple[tuple[int, int], ...]
    protocol: str
    text: str


class InputRules:
    """Read once, asked for many ports: an engine alone writes thousands of rules of another kind."""

    def __init__(self, firewall: Firewall) -> None:
        rules = tuple(rules_of(firewall))
        self.refuses_strangers = firewall.front_active or firewall.input_policy in ("drop", "reject")
        """Is a packet to a port of the host refused unless a rule lets it in?"""
        if not self.refuses_strangers:
            self.refuses_strangers = any(_is_input(rule) and _REFUSES_ALL.fullmatch(rule.text) for rule in rules)
        self._openings = [opening for rule in rules if (opening := _opening(rule)) is not None]

    def opening_rule(self, port: int, protocol: str) -> str:
        """The rule that lets everybody in to this port of the host; `""` where none does."""
        for opening in self._openings:
            if opening.protocol in ("", protocol):
                if not opening.ports or any(low <= port <= high for low, high in opening.ports):
                    return opening.text
        return ""


def _opening(rule: FirewallRule) -> _Opening | None:
    """None for a rule that opens nothing to everybody."""
    if not rule.accepts or _OTHER_WAYS.search(rule.chain) or _OTHER_TABLES.search(rule.table):
        return None
    if ONE_SOURCE.search(rule.text) or _LOOPBACK.search(rule.text):
        return None
    if _ALL.fullmatch(rule.text) or (rule.text == "accept" and rule.hook == "input"):
        return _Opening((), "", rule.text)
    ports = tuple(ports_of(rule.text))
    named = _PROTOCOL.search(rule.text)
    return _Opening(ports, (named[1] or named[2]) if named else "", rule.text) if ports else None


def _is_input(rule: FirewallRule) -> bool:
    return rule.chain == "INPUT" or rule.hook == "input"
