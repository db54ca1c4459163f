"""Compose renders a `$` as `$$`, for who reads it is Compose again; a swarm is not. Pure."""

from __future__ import annotations

from ....model.compose_project import ComposeProject


def unescaped(spec: ComposeProject) -> ComposeProject:
    """The same with every `$$` as one `$`; keys stay."""
    return spec.with_texts(lambda text: text.replace("$$", "$"))
