"""Every control there is, by id. Adding one is adding its file."""

from __future__ import annotations

import importlib
import os
from functools import cache

from ..model.control import Control

_CHAPTERS = (
    "workload",
    "build",
    "access",
    "file",
    "policy",
    "image",
    "network",
    "volume",
    "engine",
    "host",
    "machine",
    "cluster",
)
"""Folders beside this file, in the order a reader would want them."""

_SOURCE = ".py"


@cache
def all_controls() -> dict[str, Control]:
    """Control id -> control, chapters in the order a reader would want them, ids sorted within one."""
    return {control.id: control for chapter in _CHAPTERS for control in chapter_controls(chapter)}


@cache
def chapter_controls(chapter: str) -> tuple[Control, ...]:
    """The controls of one chapter alone (`workload`), without the cost of importing the others."""
    return tuple(_control(chapter, module) for module in _modules(chapter))


@cache
def control_ids() -> frozenset[str]:
    """The id of every control, by the names of their files alone: nothing is imported."""
    return frozenset(_id(chapter, module) for chapter in _CHAPTERS for module in _modules(chapter))


def _modules(chapter: str) -> list[str]:
    """A name that begins with `_` is shared by several controls of the chapter, and is not one itself."""
    names = os.listdir(os.path.join(os.path.dirname(__file__), chapter))
    return sorted(name.removesuffix(_SOURCE) for name in names if name.endswith(_SOURCE) and not name.startswith("_"))


def _control(chapter: str, module: str) -> Control:
    control: Control = importlib.import_module(f"{__package__}.{chapter}.{module}").control
    control.id = _id(chapter, module)
    return control


def _id(chapter: str, module: str) -> str:
    return f"{chapter}/{module.replace('_', '-')}"
