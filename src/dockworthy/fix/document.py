"""The text of a Compose file, read for repairs: where each value stands, and what it says."""

from __future__ import annotations

from typing import Any

from .plain_data import PlainReading
from .refused import FixRefused
from .yaml_tree import Node, parse_trees


def read_document(text: str, file: str) -> tuple[Node, Any]:
    """The one document that has services: as a tree, and as plain data."""
    roots = [root for root in parse_trees(text, file) if root.entry("services") is not None]
    if len(roots) != 1:
        says = "no document here has services" if not roots else "several documents here have services"
        raise FixRefused(says, file=file)
    return roots[0], PlainReading(text, file).of(roots[0])
