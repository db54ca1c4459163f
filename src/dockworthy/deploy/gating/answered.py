"""What came of what the policy asks before a deploy."""

from __future__ import annotations

from msgspec import Struct

from ...model.release import GateFinding


class Answered(Struct, frozen=True, kw_only=True):
    """`refused`: why nothing may be shipped, as sentences that name the next command. `findings`: for the record.
    `notes`: for who reads the plan. `waited`: it took so long that the plan may no longer be true."""

    refused: tuple[str, ...] = ()
    findings: tuple[GateFinding, ...] = ()
    notes: tuple[str, ...] = ()
    waited: bool = False

    def __add__(self, other: Answered) -> Answered:
        return Answered(
            refused=self.refused + other.refused,
            findings=self.findings + other.findings,
            notes=self.notes + other.notes,
            waited=self.waited or other.waited,
        )


NOTHING = Answered()
