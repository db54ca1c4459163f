"""Proof: a fact that shows a demand's job being done, whoever's tool does it."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from .evidence import ToolTask
from .field import Source


class Strength(StrEnum):
    """How sure a proof is. A tool that runs is not yet a backup that was restored."""

    MEASURED = "measured"  # the result itself was seen: a scrape that answers, a snapshot of last night, a restore
    SEEN = "seen"  # the tool is there and runs; whether it does the job was not seen
    DECLARED = "declared"  # a person says so


class Proof(Struct, frozen=True, omit_defaults=True):
    """`tool` did or does the `task`, a part of what `demand` asks.

    `says` is the fact in words, `when` its moment (RFC 3339, `""`: now).
    `good` is False where the fact speaks against it: a backup whose last snapshot is three weeks old.
    """

    demand: str
    tool: str
    strength: Strength
    says: str
    source: Source
    task: ToolTask | None = None
    when: str = ""
    good: bool = True
    who: str = ""
    """`container/NAME` where it rests on what a container is or answers."""
    lapses: str = ""
    """From when on it shows nothing any more, where whoever made it said so (RFC 3339)."""
    proves: str = ""
    """Of such a one: what it proves, in words (`the restore of shop`)."""
