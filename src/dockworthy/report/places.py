"""Where a fact stands, for reports: what kind of place that is, and the chain that an alias leads along."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from ..model.field import Source


class PlaceKind(StrEnum):
    """`FILE` that was judged, file of the `HOST` (its kernel's too), answer of the `ENGINE`, or none of these."""

    FILE = "file"
    HOST = "host"
    ENGINE = "engine"
    OTHER = "other"


def kind_of(source: Source, *, files: frozenset[str]) -> PlaceKind:
    """`files` are the names of the judged files, as their subjects say."""
    if source.where in files:
        return PlaceKind.FILE
    if source.where.startswith("/"):
        return PlaceKind.HOST
    return PlaceKind.ENGINE if source.where.startswith("GET /") else PlaceKind.OTHER


def chain(source: Source | None) -> Iterator[Source]:
    """The place, and the places that an alias or `extends` leads to from there."""
    while source is not None:
        yield source
        source = source.via
