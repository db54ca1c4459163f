"""Names of the containers of the edge: a container that has one first takes its place, or keeps it from starting."""

from __future__ import annotations

from collections.abc import Iterator

from ...model.edge_network import ADDRESS_PROJECT, EDGE_PROJECT, OWN_PROJECTS
from ..decision import Refusal, refused
from .edge_secrets import EDGE_RULE

_NAMES = (f"{EDGE_PROJECT}-proxy-", f"{ADDRESS_PROJECT}-keepalived-")
"""As Compose calls the containers of these services."""


def refused_edge_name(name: str, project: str = "") -> Iterator[Refusal]:
    """Of a container that is not the edge's own: its `name`, and the Compose project that its labels tell, also before
    there is an edge. Compose takes what has both for the edge, and else can't make it."""
    if name.startswith(_NAMES) or project in OWN_PROJECTS:
        says = f"the name {name}" if name.startswith(_NAMES) else f"the label of project {project}"
        yield refused(
            EDGE_RULE,
            "The edge's names are the edge's",
            f"{says} belongs to the containers of the edge, which `dockworthy deploy` creates",
            "choose another name",
        )
