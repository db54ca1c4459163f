"""What a part of an expression comes to: a value that is known, or a gap with its reasons. Both know what they used."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...model.field import Source


class Use(NamedTuple):
    """A value of the model that the outcome rests on: its path as a rule writes it, and where it stands."""

    path: str
    value: Any
    source: Source | None


class Reason(NamedTuple):
    """Why a value is not known, and which permission or command would tell."""

    says: str
    source: Source | None = None
    tell: str = ""


class Items(NamedTuple):
    """A list: each entry with its own outcome, and why there may be more than was seen (None: it is whole)."""

    entries: tuple[Known | NotKnown, ...]
    rest: NotKnown | None = None


class StructuredValue(NamedTuple):
    """A structured value of the model (a mount, a limit): only its fields can be asked."""

    value: Any


class Known:
    """`value` is plain (text, number, truth, None, mapping), or `Items`, or a `StructuredValue`."""

    __slots__ = ("path", "source", "uses", "value")

    def __init__(self, value: Any, uses: tuple[Use, ...] = (), *, path: str = "", source: Source | None = None) -> None:
        self.value = value
        self.uses = uses
        self.path = path
        self.source = source

    def __repr__(self) -> str:
        return f"Known({self.value!r})"


class NotKnown:
    """Not known. `is_unset`: nobody wrote it, which `has()` may say for certain."""

    __slots__ = ("is_unset", "path", "reasons")

    def __init__(self, *reasons: Reason, is_unset: bool = False, path: str = "") -> None:
        self.reasons = reasons
        self.is_unset = is_unset
        self.path = path

    def __repr__(self) -> str:
        return f"Gap({'; '.join(reason.says for reason in self.reasons)})"


Outcome = Known | NotKnown


def together(*gaps: NotKnown) -> NotKnown:
    """Several gaps as one, each reason once."""
    return NotKnown(*dict.fromkeys(reason for gap in gaps for reason in gap.reasons))


def truth(outcome: Outcome) -> Outcome:
    """The outcome, a gap where it is known but neither true nor false."""
    if isinstance(outcome, Known) and not isinstance(outcome.value, bool):
        return NotKnown(Reason(f"{outcome.path or 'a part of the rule'} is not true or false", outcome.source))
    return outcome
