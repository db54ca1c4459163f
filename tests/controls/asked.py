"""Asks one control about a machine that is described by part of a snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import examples
from dockworthy.controls.registry import all_controls
from dockworthy.model.finding import Judgement


def judgements(control: str, *parts: dict[str, Any]) -> list[Judgement]:
    """The parts' `engine` and `host` are laid over a tight machine, later ones over earlier ones."""
    whole: dict[str, Any] = {}
    for part in parts:
        for room, fields in part.items():
            whole[room] = {**whole.get(room, {}), **fields}
    return examples.judgements(all_controls()[control], "snapshot", whole, Path("/nonexistent"))


def outcomes(control: str, *parts: dict[str, Any]) -> list[str]:
    return [judgement.outcome.value for judgement in judgements(control, *parts)]


def outcome(control: str, *parts: dict[str, Any]) -> str:
    """Of a control that answers once."""
    (only,) = outcomes(control, *parts)
    return only


def silent(reason: str = "the engine went silent") -> dict[str, Any]:
    """In place of a list or an object that could not be read."""
    return {"is": "unknown", "reason": reason}
