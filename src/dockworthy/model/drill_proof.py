"""What a drill proved, or found not to hold: one entry of the ledger of proofs."""

from __future__ import annotations

from msgspec import Struct


class NegativeControl(Struct, frozen=True, omit_defaults=False):
    """The same drill on a copy with a fault of its own making: a drill that can't see a fault proves nothing. `seen`:
    was it found, as it must be?"""

    fault: str
    seen: bool


class DrillProof(Struct, frozen=True, kw_only=True):
    """A drill that ran to its end.

    `claim`: the demand that it speaks for (`1.backup`); `subject`: of what (`project/shop`, `host`); `drill`: its name
    with `dockworthy drill` (`restore`). `at` and `lapses`: RFC 3339 in UTC; from `lapses` on it proves nothing any
    more. `passed` is False where the claim does not hold: such a proof counts before every older one. `says`: the
    outcome as one sentence. `measured`: numbers by their names (`rto` and `rpo` in seconds). `evidence`: what was seen,
    a sentence each. `version`: of dockworthy."""

    claim: str
    subject: str
    drill: str
    at: str
    passed: bool
    lapses: str
    says: str
    measured: dict[str, float] = {}
    negative_control: NegativeControl | None = None
    evidence: tuple[str, ...] = ()
    version: str = ""
    restored: str = ""
    """Of a restore: the id of the backup that was restored."""
