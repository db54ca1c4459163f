"""One rule of iptables against one packet: it matches, it doesn't, it depends on the sender, or nobody can tell."""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Iterator
from functools import lru_cache

from msgspec import Struct

_NUMBERS = {"6": "tcp", "17": "udp", "132": "sctp", "1": "icmp", "58": "ipv6-icmp"}
_INSIDE = re.compile(r"lo|docker\S*|br-\+|br-[0-9a-f]{12}|veth\S*")
_WITHOUT_VALUE = {"--syn", "--rcheck", "--update", "--set", "--remove", "--rsource", "--rdest", "-f"}
_SAY_NOTHING = {"-m", "--match", "-A", "--comment"}


class Packet(Struct, frozen=True):
    """The first of a connection from outside. `asked` is the port where its sender sent it, `port` where it goes now:
    the engine's rules have `translated` it for a container before FORWARD sees it."""

    protocol: str
    asked: int
    port: int
    translated: bool = False


class Match(Struct, frozen=True):
    """`conditions`: what the sender must be, as options of iptables; `unclear`: what can't be told from here."""

    conditions: tuple[str, ...] = ()
    unclear: str = ""


class FilterRule(Struct, frozen=True):
    """`options`: (name, value, negated). `target` `""` where the rule only counts; `goes` for `-g`."""

    text: str
    options: tuple[tuple[str, str, bool], ...]
    target: str
    goes: bool = False


@lru_cache(maxsize=8192)
def parsed(text: str) -> FilterRule:
    try:
        words = shlex.split(text)
    except ValueError:
        return FilterRule(text, (), "a rule that can't be read")
    options: list[tuple[str, str, bool]] = []
    negated = False
    position = 0
    while position < len(words):
        word = words[position]
        position += 1
        if word == "!":
            negated = True
            continue
        if word in ("-j", "-g", "--jump", "--goto"):
            target = words[position] if position < len(words) else ""
            return FilterRule(text, tuple(options), target, word in ("-g", "--goto"))
        value: list[str] = []
        while word not in _WITHOUT_VALUE and position < len(words) and words[position] not in ("!", "-j", "-g"):
            # A value may begin with a dash only where it is the option's one value (a comment).
            if value and words[position].startswith("-"):
                break
            value.append(words[position])
            position += 1
            if word in ("--comment", "-m", "-A", "-p", "-s", "-d", "-i", "-o"):
                break
        options.append((word, " ".join(value), negated))
        negated = False
    return FilterRule(text, tuple(options), "")


def named_ports(text: str) -> Iterator[tuple[int, int]]:
    """The destination ports that a rule speaks of."""
    for name, value, _ in parsed(text).options:
        if name in ("--dport", "--dports", "--ctorigdstport", "--ports"):
            yield from _ranges(value)


def match(rule: FilterRule, packet: Packet) -> Match | None:
    """None where the rule is not for this packet."""
    conditions: list[str] = []
    unclear = ""
    for name, value, negated in rule.options:
        if name in _SAY_NOTHING:
            continue
        if (condition := _of_the_sender(name, value, negated)) is not None:
            conditions += [condition] if condition else []
            continue
        holds = _holds(name, value, packet)
        if holds is None:
            unclear = rule.text
        elif holds is negated:
            return None
    if any(condition == _NEVER for condition in conditions):
        return None
    return Match(tuple(conditions), unclear)


_NEVER = "never"
_HIGHEST_OF_SERVICES = 1023


def _of_the_sender(name: str, value: str, negated: bool) -> str | None:
    """The condition as an option; `""` where every sender from outside meets it; None where it is of another kind."""
    no = "! " if negated else ""
    if name in ("-s", "--source"):
        if value in ("0.0.0.0/0", "::/0"):
            return _NEVER if negated else ""
        return f"{no}-s {value}"
    if name in ("-i", "--in-interface"):
        if _INSIDE.fullmatch(value):
            return "" if negated else _NEVER
        return f"{no}-i {value}"
    if name == "--match-set" and value.endswith(" src"):
        return f"-m set {no}--match-set {value}"
    return None


def _holds(name: str, value: str, packet: Packet) -> bool | None:
    """None where it can't be told."""
    if name in ("-p", "--protocol"):
        return value == "all" or _NUMBERS.get(value, value) == packet.protocol
    if name in ("--dport", "--dports", "--ports"):
        return None if name == "--ports" else _within(packet.port, value)
    if name == "--ctorigdstport":
        return _within(packet.asked, value)
    if name in ("--ctstate", "--state"):
        states = set(value.split(","))
        return "NEW" in states or ("DNAT" in states and packet.translated)
    if name == "--ctdir":
        return value == "ORIGINAL"
    if name == "--dst-type":
        return value == "UNICAST" if packet.translated else value == "LOCAL"
    if name in ("-d", "--destination"):
        return _is_ours(value)
    if name == "--tcp-flags":
        mask, _, wanted = value.partition(" ")
        return {"SYN"} & set(mask.split(",")) == set(wanted.split(",")) - {"NONE"}
    if name in ("--sport", "--sports"):
        return _of_an_ordinary_client(value)
    if name in ("--rt-type", "-f"):
        return False  # nobody's first packet is routed by its sender, or a fragment
    return True if name == "--syn" else None


def _of_an_ordinary_client(ports: str) -> bool | None:
    """A client's port is one that it picked, not one of a service."""
    return None if any(high > _HIGHEST_OF_SERVICES for _, high in _ranges(ports)) else False


def _is_ours(network: str) -> bool | None:
    try:
        address = ipaddress.ip_network(network, strict=False)
    except ValueError:
        return None
    if address.is_multicast or str(address) == "255.255.255.255/32":
        return False
    return True if address.prefixlen == 0 else None


def _within(port: int, value: str) -> bool:
    return any(low <= port <= high for low, high in _ranges(value))


def _ranges(value: str) -> Iterator[tuple[int, int]]:
    for part in value.split(","):
        low, _, high = part.partition(":")
        if low.isdigit() and (not high or high.isdigit()):
            yield int(low), int(high or low)
