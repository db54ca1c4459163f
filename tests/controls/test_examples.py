"""Every control's own examples, through the reader of their syntax."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import examples
from dockworthy.controls.registry import all_controls
from dockworthy.model.control import Control
from dockworthy.model.demands import DEMANDS
from dockworthy.model.finding import Outcome

pytestmark = pytest.mark.slow


def _cases(kind: str) -> list[Any]:
    return [
        pytest.param(control, syntax, example, id=f"{id}-{syntax}-{number}")
        for id, control in all_controls().items()
        for number, (syntax, example) in enumerate(examples.each(getattr(control, kind)))
    ]


def _outcomes(control: Control, syntax: str, example: Any, folder: Path) -> set[Outcome]:
    return {judgement.outcome for judgement in examples.judgements(control, syntax, example, folder)}


@pytest.mark.parametrize(("control", "syntax", "example"), _cases("bad"))
def test_bad_example_fails(control: Control, syntax: str, example: Any, tmp_path: Path) -> None:
    assert {Outcome.FAIL, Outcome.PENDING} & _outcomes(control, syntax, example, tmp_path)


@pytest.mark.parametrize(("control", "syntax", "example"), _cases("good"))
def test_good_example_passes(control: Control, syntax: str, example: Any, tmp_path: Path) -> None:
    outcomes = _outcomes(control, syntax, example, tmp_path)
    assert Outcome.PASS in outcomes
    assert outcomes <= {Outcome.PASS, Outcome.NOT_APPLICABLE}


@pytest.mark.parametrize(("control", "syntax", "example"), _cases("unclear"))
def test_unclear_example_neither_passes_nor_fails(control: Control, syntax: str, example: Any, tmp_path: Path) -> None:
    outcomes = _outcomes(control, syntax, example, tmp_path)
    assert Outcome.UNKNOWN in outcomes
    assert Outcome.FAIL not in outcomes


@pytest.mark.parametrize("control", [pytest.param(control, id=id) for id, control in all_controls().items()])
def test_control_is_whole(control: Control) -> None:
    assert control.judge_function is not None
    assert {control.demand, *control.also_for} <= set(DEMANDS)
    assert len({control.demand, *control.also_for}) == 1 + len(control.also_for)
    assert control.bad and control.good, "a rule without examples of both kinds can't be shown to work"
    assert control.remedy.says
    assert set(control.stricter_than) <= set(all_controls())


@pytest.mark.parametrize("control", [pytest.param(control, id=id) for id, control in all_controls().items()])
def test_evidence_says_where_it_stands(control: Control, tmp_path: Path) -> None:
    for number, (syntax, example) in enumerate(examples.each(control.bad)):
        folder = tmp_path / str(number)
        folder.mkdir()
        failing = [j for j in examples.judgements(control, syntax, example, folder) if j.outcome is Outcome.FAIL]
        assert all(j.evidence and j.evidence[0].says for j in failing)
        assert all(j.evidence[0].source is not None for j in failing)
