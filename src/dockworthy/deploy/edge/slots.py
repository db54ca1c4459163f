"""What HAProxy says of its slots, and the words by which others stand in them. Pure."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable

from msgspec import Struct

from .admin import GETS_REQUESTS, rows_in

_DRAINED = 8
"""In srv_admin_state: by a word of ours (SRV_ADMF_FDRAIN)."""


WEIGHT = 100
"""Of every server, as the configuration says."""
_MOVED = 99
"""The weight of a slot in which somebody else stands than the DNS put there: what an interrupted run leaves is known by
that. HAProxy gives the one who should stand there no other slot, and forgets who it was."""


class Slot(Struct, frozen=True):
    """A server of HAProxy's that the DNS fills, named `shop:web/c1`. `address`: "" where nobody stands in it."""

    name: str
    address: str
    drained: bool
    gets_requests: bool
    moved: bool = False

    @property
    def backend(self) -> str:
        return self.name.partition("/")[0]

    @property
    def stands(self) -> tuple[str, str]:
        """For what, and who."""
        return self.backend, self.address


def slots_in(state: str) -> Iterable[Slot]:
    """From the answer to `show servers state`."""
    for row in rows_in(state):
        if row["srv_fqdn"] == "-":
            continue
        admin = int(row["srv_admin_state"])
        yield Slot(
            name=f"{row['be_name']}/{row['srv_name']}",
            address="" if row["srv_addr"] == "-" else row["srv_addr"],
            drained=bool(admin & _DRAINED),
            gets_requests=not admin and row["srv_op_state"] in GETS_REQUESTS,
            moved=row["srv_uweight"] == str(_MOVED),
        )


def exchanging(slots: Iterable[Slot], old: Collection[str], new: Collection[str]) -> tuple[list[str], Collection[str]]:
    """The words by which `new` stand where `old` do, and in which slots; none where there are too few.

    The DNS goes on to name both: all other slots are kept from requests, so that `old` get none, wherever it puts them.
    """
    words: list[str] = []
    taken: set[str] = set()
    of_backend: dict[str, list[Slot]] = {}
    for slot in slots:
        of_backend.setdefault(slot.backend, []).append(slot)
    for each in of_backend.values():
        there = {slot.address: slot for slot in each if slot.address in new and slot.gets_requests}
        places = [slot for slot in each if slot.address in old and slot.gets_requests]
        missing = sorted(set(new) - set(there))
        if len(places) < len(missing):
            return [], set()
        taken.update(slot.name for slot in places[: len(missing)])
        stay = taken.union(slot.name for slot in there.values())
        words += [f"set server {slot.name} state drain" for slot in each if slot.name not in stay]
        for slot, to in zip(places, missing, strict=False):
            words += [f"set server {slot.name} weight {_MOVED}", f"set server {slot.name} addr {to}"]
    return words, taken


def is_broken_off(slots: Iterable[Slot]) -> bool:
    """Did an exchange begin that did not end? Somebody stands in a place that is not his, or in two."""
    held = [(slot.stands, slot.moved) for slot in slots if slot.address or slot.moved]
    return any(moved for _, moved in held) or len({stands for stands, _ in held}) < len(held)


def sessions_in(stat: str) -> dict[str, int]:
    """Server -> requests that it is at work on, and those that wait for it; from the answer to `show stat`."""
    rows = csv.DictReader(stat.removeprefix("# ").splitlines())
    return {f"{row['pxname']}/{row['svname']}": int(row["scur"] or 0) + int(row["qcur"] or 0) for row in rows}
