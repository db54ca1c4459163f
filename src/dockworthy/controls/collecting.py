"""Gathers the controls from their files, wherever these lie in this package, checks their ids, and writes the index.

`python -m dockworthy.cli.reference docs` does it; a test fails where the index is not what would be written.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

from ..model import control_index
from ..model.control import Control, Subject
from ..model.control_ids import RETIRED, is_well_formed
from .registry import in_order

INDEX = Path(control_index.__file__)

_HEAD = '''\
"""Which module below `controls` holds which control, and what each was called before.

Written by `python -m dockworthy.cli.reference docs`: change the controls, not this file.
"""

from __future__ import annotations

'''
_MODULES_SAY = '"""What is judged -> id -> module, in the order in which they are asked."""'
_FORMER_SAY = '"""Older id -> the id of today; of one control the oldest first."""'


def gathered() -> dict[str, Control]:
    """Module, as the index names it -> its control, in the order of the index.

    Raises ValueError with a sentence for each id that is wrong.
    """
    package = __package__ or ""
    places = importlib.import_module(package).__path__
    names = (each.name for each in pkgutil.walk_packages(places, f"{package}."))
    found = {name.removeprefix(f"{package}."): importlib.import_module(name) for name in names}
    controls = {name: module.control for name, module in found.items() if _holds_one(module)}
    if wrong := list(faults(controls.values())):
        raise ValueError("\n".join(wrong))
    modules = {control.id: name for name, control in controls.items()}
    return {modules[control.id]: control for control in in_order(controls.values())}


def _holds_one(module: ModuleType) -> bool:
    return isinstance(getattr(module, "control", None), Control)


def faults(controls: Iterable[Control], retired: Mapping[str, str] = RETIRED) -> Iterator[str]:
    """What is wrong with the ids, a sentence each."""
    controls = list(controls)
    current = {control.id for control in controls}
    owners = Counter(id for control in controls for id in (control.id, *control.aliases))
    for id in sorted({*owners, *retired}):
        if not is_well_formed(id):
            yield f"{id!r} is no id: a chapter, a slash, and words of a-z and 0-9 joined by -"
        if owners[id] > 1:
            yield f"{id} is the id or an alias of {owners[id]} controls: an id is never given to another control"
        if id in owners and id in retired:
            yield f"{id} was retired: its id is never used again"
    for id, instead in retired.items():
        if is_well_formed(instead) and instead not in current:
            yield f"{id} was replaced by {instead}, which is the id of no control today"
    for control in controls:
        for id in (*control.stricter_than, *control.follows_from):
            if id not in current:
                yield f"{control.id} names {id}, which is the id of no control today"


def index_text(controls: Mapping[str, Control]) -> str:
    """The index as Python. `controls`: as they were gathered."""
    return "".join([_HEAD, *_modules(controls), _MODULES_SAY, "\n\n", *_former(controls.values()), _FORMER_SAY, "\n"])


def _modules(controls: Mapping[str, Control]) -> Iterator[str]:
    yield "MODULES: dict[str, dict[str, str]] = {\n"
    for subject in Subject:
        yield f'    "{subject.value}": {{\n'
        for module, control in controls.items():
            if control.subject is subject:
                yield f'        "{control.id}": "{module}",\n'
        yield "    },\n"
    yield "}\n"


def _former(controls: Iterable[Control]) -> Iterator[str]:
    renamed = [(old, control.id) for control in controls for old in control.aliases]
    if not renamed:
        yield "FORMER: dict[str, str] = {}\n"
        return
    yield "FORMER: dict[str, str] = {\n"
    yield from (f'    "{old}": "{now}",\n' for old, now in renamed)
    yield "}\n"
