"""The rules as text for `iptables-restore --noflush`, which replaces our chains at once and leaves all others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from ....controls.packet_filter.intention import Intention
from ....controls.packet_filter.reach import OWN_CHAIN, PROXY_CHAIN
from ....controls.packet_filter.walk import Branch, Passage
from ....model.ports import PROTOCOLS, Ports

_LEFT = Passage((Branch((), True),))
"""What can't be told stays as it is."""


def rules_text(intention: Intention, *, inside: Sequence[str], proxied: Iterable[Ports]) -> str:
    """For one family of addresses. `inside`: the engine's bridges, `br-+` for all that begin so; `proxied`: published
    ports that a program of the engine takes, so that INPUT is where they can be limited."""
    proxied = list(proxied)
    lines = [
        "# Who may reach which published port from outside. Written by dockworthy harden: run it again for a change.",
        f"# Whose intention this is: {intention.said_by}.",
        "*filter",
        f":{OWN_CHAIN} - [0:0]",
        *([f":{PROXY_CHAIN} - [0:0]"] if proxied else []),
        *(f"-A {OWN_CHAIN} {rule}" for rule in _limits(intention, inside)),
        *(f"-A {PROXY_CHAIN} {rule}" for rule in _proxy_limits(intention, inside, proxied) if proxied),
        "COMMIT",
    ]
    return "\n".join(lines) + "\n"


def _limits(intention: Intention, inside: Sequence[str]) -> Iterator[str]:
    yield "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"
    yield "-m conntrack ! --ctstate DNAT -j RETURN"
    yield from (f"-i {name} -j RETURN" for name in inside)
    for ports, passage in intention.ports.items():
        span = str(ports.low) if ports.low == ports.high else f"{ports.low}:{ports.high}"
        yield from _rules(passage, f"-p {ports.protocol} -m conntrack --ctorigdstport {span}")
    others = [intention.others[protocol] for protocol in PROTOCOLS]
    if all(passage == others[0] for passage in others):
        yield from _rules(others[0], "")
        return
    for protocol, passage in zip(PROTOCOLS, others, strict=True):
        yield from _rules(passage, f"-p {protocol}")


def _proxy_limits(intention: Intention, inside: Sequence[str], proxied: Iterable[Ports]) -> Iterator[str]:
    yield "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"
    yield from (f"-i {name} -j RETURN" for name in ("lo", *inside))
    for ports in proxied:
        passage = intention.of(ports.low, ports.protocol)
        yield from _rules(passage, f"-p {ports.protocol} -m {ports.protocol} --dport {ports.low}")


def _rules(passage: Passage, of: str) -> Iterator[str]:
    for branch in (_LEFT if passage.unclear else passage).branches:
        words = [*branch.conditions, *([of] if of else []), "-j", "RETURN" if branch.opens else "DROP"]
        yield " ".join(words)
