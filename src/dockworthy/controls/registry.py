"""Every control there is, by id. Adding one is adding its file."""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache
from types import ModuleType

from ..model.control import Control
from . import access, build, cluster, engine, file, host, image, machine, network, volume, workload

_CHAPTERS: tuple[ModuleType, ...] = (
    workload,
    build,
    access,
    file,
    image,
    network,
    volume,
    engine,
    host,
    machine,
    cluster,
)


@cache
def all_controls() -> dict[str, Control]:
    """Control id -> control, chapters in the order a reader would want them, ids sorted within one."""
    return {control.id: control for chapter in _CHAPTERS for control in _controls_of(chapter)}


@cache
def chapter_controls(chapter: str) -> tuple[Control, ...]:
    """The controls of one chapter alone (`workload`), without the cost of importing the others."""
    return tuple(_controls_of(importlib.import_module(f"{__package__}.{chapter}")))


@cache
def control_ids() -> frozenset[str]:
    """The id of every control, by the names of their files alone: nothing is imported."""
    return frozenset(
        f"{chapter.__name__.rsplit('.', 1)[-1]}/{entry.name.replace('_', '-')}"
        for chapter in _CHAPTERS
        for entry in pkgutil.iter_modules(chapter.__path__)
        if not entry.name.startswith("_")
    )


def _controls_of(chapter: ModuleType) -> list[Control]:
    found = []
    for entry in sorted(pkgutil.iter_modules(chapter.__path__), key=lambda entry: entry.name):
        if entry.name.startswith("_"):
            continue  # shared by several controls of the chapter, not one itself
        module = importlib.import_module(f"{chapter.__name__}.{entry.name}")
        control: Control = module.control
        control.id = f"{chapter.__name__.rsplit('.', 1)[-1]}/{entry.name.replace('_', '-')}"
        found.append(control)
    return found
