"""Ids of controls: one of its own for each, wherever its file lies, and none that was ever published is forgotten."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

import pytest
from msgspec import structs

import dockworthy
from dockworthy import controls
from dockworthy.controls.collecting import INDEX, faults, gathered, index_text
from dockworthy.controls.registry import all_controls, controls_judging
from dockworthy.model.control import Control, Subject
from dockworthy.model.control_ids import RETIRED, control_ids, is_well_formed
from dockworthy.model.control_index import FORMER

SOURCE = Path(dockworthy.__file__).parent
PUBLISHED = Path(__file__).parents[2] / "docs" / "controls" / "ids.txt"
WRITE = "run: python -m dockworthy.cli.reference docs"

PRIVILEGED = all_controls()["workload/privileged"]
ELSEWHERE = """
from dockworthy.controls.workload.privileged import control as like
from msgspec import structs
control = structs.replace(like, id="host/any-name", aliases=("host/oldest", "host/older"))
"""


def test_the_index_is_that_of_the_controls() -> None:
    assert INDEX.read_text() == index_text(gathered()), WRITE


def test_no_id_that_was_published_is_forgotten() -> None:
    """Who renames a control adds the old id to its aliases; who takes one away says in RETIRED what replaces it."""
    published = PUBLISHED.read_text().split()
    assert len(published) >= 243
    assert [id for id in published if id not in control_ids() | FORMER.keys() | RETIRED.keys()] == []
    assert sorted(control_ids() | FORMER.keys() | RETIRED.keys()) == published, WRITE


def test_a_retired_id_is_used_by_no_control() -> None:
    assert RETIRED.keys() & (control_ids() | FORMER.keys()) == set()


def test_every_control_is_judged_as_what_it_says() -> None:
    assert {c.id for kind in Subject for c in controls_judging(kind)} == set(all_controls()) == control_ids()
    assert all(control.subject is kind for kind in Subject for control in controls_judging(kind))
    assert {control.id: control.aliases for control in all_controls().values() if control.aliases} == {
        id: tuple(old for old, now in FORMER.items() if now == id) for id in FORMER.values()
    }


def test_a_file_may_lie_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "cellar" / "deep"
    folder.mkdir(parents=True)
    (tmp_path / "cellar" / "__init__.py").touch()
    (folder / "__init__.py").touch()
    (folder / "_whatever.py").write_text(ELSEWHERE)
    monkeypatch.setattr(controls, "__path__", [*controls.__path__, str(tmp_path)])
    before = set(sys.modules)
    try:
        found = gathered()
    finally:
        for name in set(sys.modules) - before:
            del sys.modules[name]
    assert found["cellar.deep._whatever"].id == "host/any-name"
    text = index_text(found)
    assert '        "host/any-name": "cellar.deep._whatever",\n' in text.partition('"unit"')[2].partition("},")[0]
    assert 'FORMER: dict[str, str] = {\n    "host/oldest": "host/any-name",\n    "host/older"' in text


def like(id: str, *aliases: str) -> Control:
    return structs.replace(PRIVILEGED, id=id, aliases=aliases)


WRONG = [
    ([like("workload/a"), like("workload/a")], {}, "workload/a is the id or an alias of 2 controls"),
    ([like("workload/a"), like("workload/b", "workload/a")], {}, "workload/a is the id or an alias of 2 controls"),
    ([like("workload/a", "host/x"), like("workload/b", "host/x")], {}, "host/x is the id or an alias of 2 controls"),
    ([like("workload/a", "workload/a")], {}, "workload/a is the id or an alias of 2 controls"),
    ([like("workload/a")], {"workload/a": "it is asked of nobody"}, "workload/a was retired"),
    ([like("workload/a", "host/x")], {"host/x": "workload/a"}, "host/x was retired"),
    ([like("workload/a")], {"host/x": "workload/b"}, "replaced by workload/b, which is the id of no control"),
    ([structs.replace(like("host/a"), stricter_than=("host/b",))], {}, "host/a names host/b"),
    ([structs.replace(like("host/a"), follows_from=("host/b",))], {}, "host/a names host/b"),
    *(([like(id)], {}, "is no id") for id in ("privileged", "custom/a", "workload/A", "workload/a_b", "host/a/b", "")),
    ([like("workload/a", "Workload/old")], {}, "'Workload/old' is no id"),
    ([like("workload/a")], {"workload/": "workload/a"}, "'workload/' is no id"),
]


@pytest.mark.parametrize(("there", "retired", "says"), WRONG)
def test_a_wrong_id_is_found(there: list[Control], retired: dict[str, str], says: str) -> None:
    assert any(says in fault for fault in faults(there, retired))


def test_right_ids_have_no_faults() -> None:
    there = [like("workload/a", "workload/b", "host/c"), like("host/a", "workload/d")]
    assert list(faults(there, {"host/x": "host/a", "host/y": "no host has it any more"})) == []
    assert list(faults(all_controls().values())) == []


def test_wrong_ids_are_not_gathered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PRIVILEGED, "id", "workload/seccomp")
    with pytest.raises(ValueError, match="workload/seccomp is the id or an alias of 2 controls"):
        gathered()


def test_code_that_names_a_control_names_one_of_today() -> None:
    """A planning, a gate or a sentence that named a control by an id of before would speak of none, in silence."""
    named = {
        (node.value, file.relative_to(SOURCE).as_posix())
        for file in SOURCE.rglob("*.py")
        if file.name not in ("control_ids.py", "control_index.py")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_well_formed(node.value)
    }
    assert {id for id, _ in named} >= control_ids()
    aliases = {old for control in all_controls().values() for old in control.aliases}
    wrong = [(id, file) for id, file in named if id not in control_ids()]
    assert [(id, file) for id, file in wrong if not (id in aliases and file.startswith("controls/"))] == []
