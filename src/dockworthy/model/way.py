"""A way from test to production: what speaks for it and against it, for one team."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Fit(StrEnum):
    FITS = "fits"
    POSSIBLE = "possible"
    UNFIT = "unfit"


class Way(Struct, frozen=True):
    """`effort` and `leaving` (what it costs to leave again) are sentences; reasons name the answer they rest on."""

    id: str
    title: str
    fit: Fit
    reasons_for: tuple[str, ...]
    reasons_against: tuple[str, ...]
    effort: str
    leaving: str
