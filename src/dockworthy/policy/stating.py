"""Writes an intent, or a host, into the text of dockworthy.yaml: comments, order and quotes of the rest stay."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import Any

from ..model.policy import Intent

FRESH = "# What dockworthy should know of this project. Answers change the verdict: `dockworthy assess`.\n"


def with_intent(text: str, intent: Intent) -> str:
    """The text with the intent's answers in it; answers that are None stay as they were written.

    `text` must be a valid dockworthy.yaml, or empty.
    """

    def state(document: Any) -> None:
        stated = document.get("intent")
        if stated is None:
            stated = type(document)()
            document.insert(0, "intent", stated)
        _set(stated, intent)

    return edited(text, state)


def with_host(text: str, name: str, address: str) -> str:
    """The text with the host in it. `text` must be a valid dockworthy.yaml, or empty."""

    def state(document: Any) -> None:
        if document.get("hosts") is None:
            document["hosts"] = type(document)()
        document["hosts"][name] = address

    return edited(text, state)


def without_host(text: str, name: str) -> str:
    """The text without the host; as it was where it has none of that name."""

    def state(document: Any) -> None:
        hosts = document.get("hosts") or {}
        if name in hosts:
            del hosts[name]
            if not hosts:
                del document["hosts"]

    return edited(text, state)


def edited(text: str, state: Callable[[Any], None]) -> str:
    """The text after `state` changed its document: all else stays as it was written."""
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import CommentedMap

    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 1000
    step = _indent(text)
    yaml.indent(mapping=step, sequence=step + 2, offset=step)
    document = yaml.load(text) if text.strip() else None
    if document is None:
        document = CommentedMap()
        text = text or FRESH
    state(document)
    out = io.StringIO()
    yaml.dump(document, out)
    body = out.getvalue()
    return body if any(line in body for line in text.splitlines() if line.startswith("#")) else _comments(text) + body


def _indent(text: str) -> int:
    """How far the file's own writer moves in: that of its first indented line."""
    moved = re.search(r"^( {2,8})[^\s#-]", text, re.MULTILINE)
    return len(moved[1]) if moved else 2


def _set(stated: Any, intent: Intent) -> None:
    for name in ("data", "code", "exposure", "availability"):
        value = getattr(intent, name)
        if value is not None:
            stated[name] = str(value)
    team = {name: value for name in ("operators", "on_call") if (value := getattr(intent.team, name)) is not None}
    if team:
        stated["team"] = {**(stated.get("team") or {}), **team}
    if intent.compliance:
        stated["compliance"] = list(intent.compliance)


def _comments(text: str) -> str:
    """The comments of a text that holds nothing else."""
    return "".join(f"{line}\n" for line in text.splitlines() if line.startswith("#"))
