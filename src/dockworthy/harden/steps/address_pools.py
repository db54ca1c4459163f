"""Addresses for the engine's networks: a range that no network, no route and no name server of this host uses."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence

from ...model.field import Set
from ...model.finding import Finding
from ...model.hardening import NotDone, Step
from ..situation import Planning, Situation
from .engine_settings import Setting, plan_setting

Network = ipaddress.IPv4Network

_ROUTES = "ip -4 route show table all 2>/dev/null; ip -4 -o address 2>/dev/null; cat /proc/net/route"
"""All tables: a VPN often has one of its own. The kernel's file is there even where `ip` is not."""
_CANDIDATES = (
    *(f"10.{number}.0.0/16" for number in range(200, 255)),
    *(f"172.{number}.0.0/16" for number in range(31, 23, -1)),
    "192.168.128.0/17",
)
_SIZE = 24
_ADDRESS = re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?\b")
_KERNEL_ROUTE = re.compile(r"^\S+\t([0-9A-F]{8})\t(?:\S+\t){5}([0-9A-F]{8})\t", re.MULTILINE)


def plan_address_pools(findings: Sequence[Finding], situation: Situation) -> Iterator[Step | NotDone]:
    taken = [*_told(situation), *_of_engine(situation)]
    if not situation.answers.get("routes"):
        yield _left(findings, "the routes of this host could not be read: a range might be somebody else's")
        return
    base = next((base for base in _CANDIDATES if not any(Network(base).overlaps(other) for other in taken)), None)
    if base is None:
        yield _left(findings, "every range that harden would take is used by a network or a route of this host")
        return
    setting = Setting(
        title=f"Give new networks addresses that nobody else uses here: {base}",
        values={"default-address-pools": [{"base": base, "size": _SIZE}]},
        costs=(
            "existing networks keep their addresses until they are recreated",
            f"no network and no route of this host has addresses in {base}; what lies behind the default route "
            "is not seen from here",
        ),
    )
    yield from plan_setting(setting, findings, situation)


def _left(findings: Sequence[Finding], why: str) -> NotDone:
    return NotDone(
        id=findings[0].control, why=why, instead="choose one with your network's people: default-address-pools"
    )


def _told(situation: Situation) -> Iterator[Network]:
    """Whatever routes and addresses name, but for the default route."""
    text = situation.answers.get("routes", "")
    found = [match[0] for match in _ADDRESS.finditer(text)]
    for destination, mask in _KERNEL_ROUTE.findall(text):
        found.append(f"{_little_endian(destination)}/{_little_endian(mask)}")
    yield from _networks(found)


def _of_engine(situation: Situation) -> Iterator[Network]:
    machine = situation.machine
    yield from _networks([subnet for network in machine.networks for subnet in network.subnets])
    yield from _networks(machine.host.dns.value if isinstance(machine.host.dns, Set) else ())


def _networks(texts: Sequence[str]) -> Iterator[Network]:
    for text in texts:
        try:
            network = Network(text, strict=False)
        except ValueError:
            continue
        if network.prefixlen:
            yield network


def _little_endian(word: str) -> str:
    return str(ipaddress.IPv4Address(bytes.fromhex(word)[::-1]))


PLANNINGS = {"engine/address-pools": Planning(plan=plan_address_pools, asks={"routes": _ROUTES})}
