"""What an intent makes of a demand."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct


class Need(StrEnum):
    REQUIRED = "required"
    ADVISED = "advised"
    NOT_NEEDED = "not_needed"


class Requirement(Struct, frozen=True):
    """`because` is the reason as half a sentence: "the data is precious"."""

    need: Need
    because: str
