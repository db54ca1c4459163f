"""Which of the changes that a service works with can be written into its file, as it is laid out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ...model.fix import Change
from ...model.verified import ProvenChange, RefusedChange
from ..compose_edit import edit_compose
from ..refused import FixRefused

CANT_BE_WRITTEN = "it can't be written"
Fits = Callable[[Sequence[Change]], str]
"""Why the changes have no place in the text, "" where they have."""


def fits_in(text: str, file: str) -> Fits:
    def why_not(changes: Sequence[Change]) -> str:
        try:
            edit_compose(text, changes, file=file)
        except FixRefused as refused:
            return f"{refused.says}{f' ({refused.hint})' if refused.hint else ''}"
        return ""

    return why_not


def that_fit(
    proven: Sequence[ProvenChange], others: Sequence[ProvenChange], fits: Fits
) -> tuple[list[ProvenChange], list[RefusedChange]]:
    """Those that fit together with `others`, and those that a person must write by hand."""
    kept: list[ProvenChange] = []
    refused: list[RefusedChange] = []
    for each in proven:
        before = [change for one in (*others, *kept) for change in one.changes]
        if why := fits([*before, *each.changes]):
            refused.append(
                RefusedChange(
                    service=each.service, says=each.says, why=f"{CANT_BE_WRITTEN}: {why}", controls=each.controls
                )
            )
        else:
            kept.append(each)
    return kept, refused
