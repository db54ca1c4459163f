"""A control's examples as Markdown: a block an example, in the syntax that its reader reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from ..model.control import Control, Example, Examples
from .markdown import fence

_SYNTAXES = {
    "compose": ("Compose file", "yaml"),
    "dockerfile": ("Dockerfile", "dockerfile"),
    "docker run": ("Command line", "sh"),
    "request": ("Create request (`POST /containers/create`)", "json"),
    "kubernetes": ("Kubernetes manifest", "yaml"),
    "marathon": ("Marathon app or pod", "yaml"),
    "titus": ("Titus job descriptor", "yaml"),
    "container": ("Container (`docker inspect`)", "json"),
    "running": ("Running container (`docker inspect`, its processes and changes)", "json"),
    "service": ("Swarm service (`docker service inspect`)", "json"),
    "daemon.json": ("daemon.json", "json"),
    "host": ("Files of the host", "text"),
    "policy": ("dockworthy.yaml before a change, and with it", "yaml"),
    "snapshot": ("Snapshot (`dockworthy facts`)", "json"),
}
"""Key of the examples -> its name for people, and the language of its blocks."""


def examples(control: Control) -> str:
    """`## Examples` with what fails, what passes and what stays unknown; empty where the control has none."""
    groups = [
        _group("Fails", control.bad),
        _group("Passes", control.good),
        _group("Stays unknown", control.unclear),
    ]
    shown = [group for group in groups if group]
    return "\n\n".join(["## Examples", *shown]) if shown else ""


def _group(heading: str, examples: Examples) -> str:
    blocks = [block for syntax, given in examples.items() for block in _of_syntax(syntax, given)]
    return "\n\n".join([f"### {heading}", *blocks]) if blocks else ""


def _of_syntax(syntax: str, given: Example | list[Example]) -> list[str]:
    name, language = _SYNTAXES.get(syntax, (syntax, "text"))
    several = given if isinstance(given, list) else [given]
    return [f"{name}:", *(_block(example, language) for example in several)]


def _block(example: Example, language: str) -> str:
    if isinstance(example, str):
        return fence(example, language)
    if language in ("text", "dockerfile"):
        return "\n\n".join(_file(path, content) for path, content in example.items())
    return fence(_json(example), language)


def _file(path: str, content: Any) -> str:
    if isinstance(content, str):
        return f"`{path}`:\n\n{fence(content, 'text')}"
    if isinstance(content, Mapping | list):
        return f"`{path}`:\n\n{fence(_json(content), 'json')}"
    return f"`{path}`: `{content!r}`"


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, default=repr)


__all__ = ["examples"]
