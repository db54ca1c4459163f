"""What the host's own packet filter lets in, and what stands in the way of the engine's own rules."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from functools import lru_cache

from ...model.host import Firewall
from ._firewall_rules import Rule, names_port, ports_of, rules_of

_OTHER_WAYS = re.compile(r"(?i)docker|forward|fwd|output|outgoing|prerouting|postrouting|\bnat_")
"""Chains that a packet to the host itself never passes."""
_OTHER_TABLES = re.compile(r"(?:^|\s)(?:nat|mangle|raw|security)$")
_ONE_SOURCE = re.compile(r"(?<!! )(?:-s|--match-set) \S+|\bsaddr (?!!=)")
_LOOPBACK = re.compile(r"-i lo\b|iif(?:name)? \"?lo\b")
_FROM_CONTAINERS = re.compile(r"(?<!! )-i (?:docker|br-)")
_OF_NO_CONNECTION = re.compile(r"(?:--ctstate|ct state) (?:INVALID|invalid)\b")


def refuses_strangers(firewall: Firewall) -> bool:
    """Is a packet to a port of the host refused unless a rule lets it in?"""
    if firewall.front_active or firewall.input_policy in ("drop", "reject"):
        return True
    ends = (rule for rule in rules_of(firewall) if rule.chain == "INPUT" or rule.hook == "input")
    return any(re.fullmatch(r"(?:-A INPUT -j (?:DROP|REJECT)|drop|reject)\b.*", rule.text) for rule in ends)


def opening_rule(firewall: Firewall, port: int, protocol: str) -> str:
    """The rule that lets everybody in to this port of the host; `""` where none does."""
    return next((rule.text for rule in _admitting(firewall) if _opens(rule, port, protocol)), "")


@lru_cache(maxsize=8)
def _admitting(firewall: Firewall) -> tuple[Rule, ...]:
    """The rules that let something in. Found once: the engine alone writes thousands of rules of another kind."""
    return tuple(rule for rule in rules_of(firewall) if rule.accepts and _is_for_the_host(rule))


def _is_for_the_host(rule: Rule) -> bool:
    return _OTHER_WAYS.search(rule.chain) is None and _OTHER_TABLES.search(rule.table) is None


def _opens(rule: Rule, port: int, protocol: str) -> bool:
    if _ONE_SOURCE.search(rule.text) or _LOOPBACK.search(rule.text):
        return False
    if re.fullmatch(r"-A INPUT(?: -i \S+)? -j ACCEPT", rule.text) or (rule.text == "accept" and rule.hook == "input"):
        return True
    other = {"tcp": "udp", "udp": "tcp"}.get(protocol, "")
    names_other = re.search(rf"-p {other}\b|\b{other} dport", rule.text) is not None if other else False
    return names_port(rule.text, port) and not names_other


def guarding_rule(firewall: Firewall, ports: Iterable[int], subnets: Iterable[str]) -> str:
    """The rule that limits who reaches a published port on its way through the engine's rules; `""` where none does.

    `ports`: the port on the host and in the container (translated when DOCKER-USER sees it); `subnets`: the containers'.
    """
    ports, subnets = tuple(ports), tuple(subnets)
    for text in _reached(firewall):
        if re.search(r"-j (?:DROP|REJECT)\b", text) and _concerns(text, ports, subnets):
            return text
    return _native_guard(firewall, ports)


@lru_cache(maxsize=8)
def _reached(firewall: Firewall) -> tuple[str, ...]:
    """The rules of DOCKER-USER and of every chain that it leads to."""
    chains: dict[str, list[str]] = {}
    for rule in rules_of(firewall):
        if not rule.is_native:
            chains.setdefault(rule.chain, []).append(rule.text)
    found, waiting, seen = list(firewall.docker_user), list(firewall.docker_user), {"DOCKER-USER"}
    while waiting:
        target = re.search(r"-[jg] (\S+)", waiting.pop())
        if target and target[1] not in seen:
            seen.add(target[1])
            found += chains.get(target[1], [])
            waiting += chains.get(target[1], [])
    return tuple(found)


def _concerns(text: str, ports: tuple[int, ...], subnets: tuple[str, ...]) -> bool:
    """Not a list of unwanted sources, not broken packets, not what containers send, not somebody else's port."""
    if _ONE_SOURCE.search(text) or _FROM_CONTAINERS.search(text) or _OF_NO_CONNECTION.search(text):
        return False
    if ports_of(text) and not names_port(text, *ports):
        return False
    destination = re.search(r"(?<!! )-d (\S+)", text)
    return destination is None or any(_overlap(destination[1], subnet) for subnet in subnets)


def _overlap(one: str, other: str) -> bool:
    try:
        first, second = ipaddress.ip_network(one, strict=False), ipaddress.ip_network(other, strict=False)
    except ValueError:
        return False
    return first.version == second.version and first.overlaps(second)


def _native_guard(firewall: Firewall, ports: tuple[int, ...]) -> str:
    """A packet must pass every base chain: one of the admin's own that forwards nothing by default stops it, too."""
    for table, rules in _own_forward_chains(firewall).items():
        lets_in = [r for r in rules if r.accepts and ("dnat" in r.text or names_port(r.text, *ports))]
        if not lets_in:
            return f"table {table}: hook forward, policy drop"
    return ""


@lru_cache(maxsize=8)
def _own_forward_chains(firewall: Firewall) -> dict[str, list[Rule]]:
    """Tables that people wrote for nft itself, with a forward chain that drops what no rule matched."""
    tables: dict[str, list[Rule]] = {}
    table = ""
    for line in firewall.rules:
        opened = re.match(r"\s*table (\S+ \S+) \{", line)
        table = opened[1] if opened else "" if line.startswith(("*", "# ")) else table
        mine = table and table not in ("ip filter", "ip6 filter") and "docker" not in table
        if mine and re.search(r"hook forward\b.*policy drop", line):
            tables[table] = []
    for rule in rules_of(firewall):
        if rule.table in tables and rule.is_native:
            tables[rule.table].append(rule)
    return tables
