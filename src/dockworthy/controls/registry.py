"""Every control there is, by id. Where each lies is in the index, so that a command imports only those that it asks."""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from functools import cache

from ..model.control import Control, Subject
from ..model.control_ids import CHAPTERS
from ..model.control_index import MODULES


@cache
def all_controls() -> dict[str, Control]:
    """Control id -> control, chapters in the order a reader would want them, ids sorted within one."""
    return {control.id: control for control in in_order(c for kind in Subject for c in controls_judging(kind))}


@cache
def controls_judging(subject: Subject) -> tuple[Control, ...]:
    """The controls of one subject alone, in the same order, without the cost of importing the others."""
    return tuple(_control(module) for module in MODULES.get(subject.value, {}).values())


def in_order(controls: Iterable[Control]) -> list[Control]:
    """Chapters in the order a reader would want them, ids sorted within one."""
    return sorted(controls, key=lambda control: (CHAPTERS.index(control.id.partition("/")[0]), control.id))


def _control(module: str) -> Control:
    control: Control = importlib.import_module(f"{__package__}.{module}").control
    return control
