"""The demands that a drill can prove, and what is known of each now."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from .standing_proofs import StandingProof


class DrillClaim(Struct, frozen=True):
    """`claim`: the demand; `drill`: what proves it; `command`: what a person types to prove it again."""

    claim: str
    drill: str
    command: str


DRILL_CLAIMS: Final = (
    DrillClaim("1.backup", "restore", "dockworthy drill restore"),
    DrillClaim("2.policy", "guard", "dockworthy drill guard --docker unix:///PATH"),
    DrillClaim("3.zero-downtime", "deploy", "dockworthy deploy"),
    DrillClaim("3.rollback", "deploy", "dockworthy rollback, then dockworthy deploy"),
    DrillClaim("3.db-backup", "restore", "dockworthy drill restore"),
)
"""In the order of the demands. A deploy is the drill of what its release's record tells."""


class KnownProofs(Struct, frozen=True, kw_only=True):
    """What drills and releases prove at a site. `damaged`: what was kept and can't be read, a sentence each."""

    standing: tuple[StandingProof, ...]
    damaged: tuple[str, ...] = ()


def command_of(drill: str, claim: str = "") -> str:
    """What proves it again."""
    for each in DRILL_CLAIMS:
        if each.drill == drill and claim in (each.claim, ""):
            return each.command
    return f"dockworthy drill {drill}"
