"""From steps to stages: what is done together, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from ..model.hardening import Deed, Effect, Run, SetSettings, Step, WriteFile
from .engine_ways import EngineWays
from .settings_text import changed_settings
from .situation import parse_settings
from .transaction import HardenStage, LetGo


class Batch(Struct, frozen=True):
    """Steps that become one stage. `needs_live_restore`: its restart was announced as one that stops no container."""

    steps: tuple[Step, ...]
    effect: Effect


def batches_of(steps: Iterable[Step]) -> list[Batch]:
    """What is in force at once goes step by step, settings of the engine together: one reload, then one restart.

    The reload comes first: live-restore is in it, and with it the restart stops no container.
    """
    steps = tuple(steps)
    alone = [Batch((step,), step.effect) for step in steps if step.effect in (Effect.AT_ONCE, Effect.REBOOT)]
    reload = tuple(step for step in steps if step.effect is Effect.RELOAD)
    restart = tuple(step for step in steps if step.effect in (Effect.RESTART, Effect.WHEN_IDLE))
    together = [Batch(reload, Effect.RELOAD), Batch(restart, Effect.RESTART)]
    return [*alone, *(batch for batch in together if batch.steps)]


def stage_of(batch: Batch, number: int, ways: EngineWays, daemon_json: str | None) -> HardenStage:
    """`daemon_json` is its text now. Raises UnreadableInput where it isn't JSON."""
    deeds = [deed for step in batch.steps for deed in step.deeds]
    settings = _settings_of(deeds)
    let_go = ""
    files = [deed for deed in deeds if not isinstance(deed, Run | SetSettings)]
    validate: tuple[Run, ...] = ()
    if settings:
        after = changed_settings(daemon_json, settings, ways.config_file)
        # It must be the first: `{new}` in the engine's own check is the first file.
        files.insert(0, WriteFile(path=ways.config_file, before=daemon_json, after=after))
        let_go = _let_go(deeds, daemon_json, ways)
        validate = (Run(argv=ways.validate(), says="the engine would refuse the new settings"),)
    tell = {Effect.RELOAD: ways.reload, Effect.RESTART: ways.restart}.get(batch.effect, "")
    return HardenStage(
        number=number,
        steps=tuple(step.id for step in batch.steps),
        files=tuple(files),
        runs=tuple(deed for deed in deeds if isinstance(deed, Run)),
        validate=validate,
        tell=tell,
        let_go=LetGo(let_go, ways.let_go) if let_go else None,
    )


def _let_go(deeds: Sequence[Deed], daemon_json: str | None, ways: EngineWays) -> str:
    """daemon.json as it was, with the settings that the engine would keep said to be off; `""` where there are none."""
    there = parse_settings(daemon_json, ways.config_file)
    meant = {
        name: value
        for deed in deeds
        if isinstance(deed, SetSettings)
        for name, value in deed.gone_means.items()
        if name not in there
    }
    return changed_settings(daemon_json, meant, ways.config_file) if meant else ""


def _settings_of(deeds: Sequence[Deed]) -> dict[str, Any]:
    return dict(_merged(deed.values for deed in deeds if isinstance(deed, SetSettings)))


def _merged(parts: Iterable[dict[str, Any]]) -> Iterator[tuple[str, Any]]:
    together: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            before = together.get(name)
            together[name] = {**before, **value} if isinstance(before, dict) and isinstance(value, dict) else value
    yield from together.items()
