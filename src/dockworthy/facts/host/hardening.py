"""The journal of `dockworthy harden`, as it lies on the host: a folder a run, in it a folder a stage."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from ...model.field import Field, Source, Unset
from ...model.hardening_journal import HardenRun, JournalStep, StageOutcome, StageState
from .reading import measured, missing
from .root import Root, clean

JOURNAL = "/var/lib/dockworthy/harden"
"""Where a host keeps it."""
_MOST_RUNS = 20
"""The newest; older ones stay on the host, and out of the snapshot."""
_NO_TIME = "at a time that nobody wrote down"


class StageFiles(NamedTuple):
    """What lies in a stage's folder, `""` where a file is not there. `folder` is its name, a number."""

    folder: str
    state: str
    steps: str
    why: str


def read_hardening(root: Root) -> Field[tuple[HardenRun, ...]]:
    """The newest runs, oldest first; Unset where nothing was ever hardened. One whose entry is damaged is left out."""
    try:
        names = [name for name in root.names(JOURNAL) if name[:1].isdigit()]
    except OSError as error:
        return missing(error, JOURNAL)
    if not names:
        return Unset(Source(JOURNAL))
    runs = [_run(root, f"{JOURNAL}/{name}") for name in names[-_MOST_RUNS:]]
    return measured(tuple(run for run in runs if run is not None), JOURNAL)


def run_of(entry: str, outcome: str, undone: str | None, stages: Sequence[StageFiles]) -> HardenRun | None:
    """A run by its files: run.json, outcome.json (`""` where there is none), `undone` (None: not there), its stages.

    None where run.json is damaged. A damaged outcome is none.
    """
    try:
        told = json.loads(entry)
        ended = _loaded(outcome)
        steps = [_step(step, ended.get("after", {}), ended.get("pending", ())) for step in told["plan"]["steps"]]
        return HardenRun(
            id=str(told["id"]),
            began=str(told["began"]),
            who=str(told["who"]),
            steps=tuple(steps),
            stages=tuple(_stage(stage) for stage in stages),
            ended=str(ended.get("ended", "")),
            undone="" if undone is None else undone.strip() or _NO_TIME,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _run(root: Root, folder: str) -> HardenRun | None:
    stages = [
        StageFiles(name, *(clean(root.word(f"{folder}/{name}/{file}")) for file in ("state", "steps", "why")))
        for name in root.names_or_none(folder)
        if name.isdigit()
    ]
    undone = root.word(f"{folder}/undone") if root.exists(f"{folder}/undone") else None
    return run_of(root.word(f"{folder}/run.json"), root.word(f"{folder}/outcome.json"), undone, stages)


def _step(step: dict[str, Any], after: dict[str, list[str]], pending: Sequence[str]) -> JournalStep:
    id = str(step["id"])
    return JournalStep(
        id=id,
        title=str(step["title"]),
        before=tuple(map(str, step.get("causes", ()))),
        after=tuple(map(str, after.get(id, ()))),
        change=str(step.get("diff", "")),
        pending=id in pending,
    )


def _stage(files: StageFiles) -> StageOutcome:
    known = files.state.strip() in set(StageState)
    return StageOutcome(
        number=int(files.folder),
        steps=tuple(files.steps.split()),
        state=StageState(files.state.strip()) if known else StageState.PREPARED,
        why=files.why.strip(),
    )


def _loaded(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
