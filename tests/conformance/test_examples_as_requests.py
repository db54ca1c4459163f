"""The controls' own examples of containers, asked for instead of inspected: judged alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

import examples
import tight
from dockworthy.controls.registry import all_controls
from dockworthy.errors import UnreadableInput
from dockworthy.model.control import Control, Subject
from dockworthy.model.finding import Judgement, Outcome
from dockworthy.model.snapshot import Snapshot
from dockworthy.readers.create_request import read_create_request
from dockworthy.readers.engine_context import engine_context

_ASKABLE = {"HostConfig", "Config"}
_SILENT: tuple[tuple[dict[str, Any], Outcome], ...] = (
    ({"Config": {"Healthcheck": None}}, Outcome.UNKNOWN),  # the image may have one
    ({"Config": {"User": ""}}, Outcome.UNKNOWN),  # the image may have one
    ({"HostConfig": {"LogConfig": {"Type": None}}}, Outcome.PASS),  # the engine's own, which is local
)
"""Where silence in a request means something else than in an answer: the example, and what is said of the request."""


def _cases() -> list[Any]:
    return [
        pytest.param(control, example, id=f"{id}-{kind}-{number}")
        for id, control in all_controls().items()
        if control.subject is Subject.UNIT and not control.needs_running
        for kind in ("bad", "good", "unclear")
        for number, (syntax, example) in enumerate(examples.each(getattr(control, kind)))
        if syntax == "container" and example.keys() <= _ASKABLE
    ]


def _as_request(part: Mapping[str, Any]) -> bytes:
    whole = examples._merged(tight.inspect(), part)
    asked = {**whole["Config"], "HostConfig": whole["HostConfig"], "Cmd": [whole["Path"], *whole["Args"]]}
    return json.dumps(asked).encode()


@pytest.mark.parametrize(("control", "example"), _cases())
def test_judged_as_the_inspected_container(control: Control, example: Mapping[str, Any], tmp_path: Path) -> None:
    inspected = {judgement.outcome for judgement in examples.judgements(control, "container", example, tmp_path)}
    context = engine_context(msgspec.convert(tight.snapshot(), Snapshot, strict=False).engine)
    try:
        unit = read_create_request(_as_request(example), context=context).unit
    except UnreadableInput:
        assert inspected == {Outcome.UNKNOWN}, "only what could not be judged may be refused"
        return
    assert control.judge_function is not None
    answer = control.judge_function(unit)
    asked = {judgement.outcome for judgement in ([answer] if isinstance(answer, Judgement) else answer)}
    assert asked == next(({outcome} for silent, outcome in _SILENT if silent == example), inspected)
