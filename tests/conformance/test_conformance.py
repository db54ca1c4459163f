"""The same unit in every syntax that can say it: every reader reads the same, and equal values are judged alike."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import pytest

from conformance.case import Case
from conformance.cases import CASES
from conformance.projection import explicit
from conformance.syntaxes import SILENT, SYNTAXES
from dockworthy.controls.registry import all_controls
from dockworthy.model.control import Control, Subject
from dockworthy.model.finding import Judgement, Outcome
from dockworthy.model.workload import Unit

_DECIDED = {Outcome.PASS, Outcome.FAIL}


def _written(case: Case) -> list[Any]:
    """The syntaxes that the case is written in."""
    return [pytest.param(case, syntax, id=f"{case.name}-{syntax}") for syntax in SYNTAXES if SYNTAXES[syntax](case)]


_EACH = [parameter for case in CASES for parameter in _written(case)]


def _read(case: Case, syntax: str) -> Unit:
    unit = SYNTAXES[syntax](case)
    assert unit is not None
    return unit


@pytest.mark.parametrize(("case", "syntax"), _EACH)
def test_every_reader_reads_what_is_said(case: Case, syntax: str) -> None:
    read = explicit(_read(case, syntax))
    for name, value in case.says.items():
        assert name in read, f"{name} was not read"
        assert read[name] == value, name


@pytest.mark.parametrize(("case", "syntax"), _EACH)
def test_no_reader_reads_what_nobody_said(case: Case, syntax: str) -> None:
    silent, read = explicit(_read(SILENT, syntax)), explicit(_read(case, syntax))
    changed = {name for name in silent.keys() | read.keys() if read.get(name) != silent.get(name)}
    for name in changed - case.says.keys():
        assert name in case.follows, f"{name}: nobody said it"
        assert read.get(name, case.follows[name]) == case.follows[name], name


@pytest.mark.parametrize(("case", "syntax"), _EACH)
def test_every_syntax_is_judged_as_the_case_says(case: Case, syntax: str) -> None:
    if syntax in case.not_found_in:
        return
    outcomes = _outcomes(_read(case, syntax))
    for control, outcome in case.found.items():
        assert outcomes.get(control, {outcome}) == {outcome}, control


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_no_two_syntaxes_of_one_platform_are_judged_against_each_other(case: Case) -> None:
    """Of a control whose outcome changes with what is said; what silence means is each syntax's own matter."""
    units = {syntax: unit for syntax in SYNTAXES if (unit := SYNTAXES[syntax](case)) is not None}
    judged = {syntax: _outcomes(unit) for syntax, unit in units.items()}
    silent = {syntax: _outcomes(_read(SILENT, syntax)) for syntax in units}
    for one, other in combinations(units, 2):
        if units[one].dialect.platform is not units[other].dialect.platform:
            continue
        for control in judged[one].keys() & judged[other].keys():
            if any(judged[syntax][control] != silent[syntax][control] for syntax in (one, other)):
                said = judged[one][control] | judged[other][control]
                assert not said >= _DECIDED, (control, one, other)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.name) for case in CASES])
def test_a_case_is_whole(case: Case) -> None:
    assert case.says
    assert len(_written(case)) >= 3, "a case is for comparing: three syntaxes or more"
    spoken_of = {control for syntax in SYNTAXES if (unit := SYNTAXES[syntax](case)) for control in _outcomes(unit)}
    assert case.found.keys() <= spoken_of


def test_names_are_given_once() -> None:
    names = [case.name for case in CASES]
    assert len(names) == len(set(names)) >= 40


def _outcomes(unit: Unit) -> dict[str, set[Outcome]]:
    """Control -> what it says of the unit, for those that need no running container."""
    return {
        id: _asked(control, unit)
        for id, control in all_controls().items()
        if control.subject is Subject.UNIT and control.speaks_of(unit.dialect) and not control.needs_running
    }


def _asked(control: Control, unit: Unit) -> set[Outcome]:
    assert control.judge_function is not None
    answer = control.judge_function(unit)
    return {judgement.outcome for judgement in ([answer] if isinstance(answer, Judgement) else answer)}
