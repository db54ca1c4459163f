"""Judging a setting of the daemon: as it runs, and as it would run after a restart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...model.engine import Engine
from ...model.field import Set, Unknown, Unset
from ...model.finding import Judgement, failed, passed, pending, unknown

RELOADED = frozenset(
    "allow-nondistributable-artifacts authorization-plugins debug default-runtime features insecure-registries labels "
    "live-restore max-concurrent-downloads max-concurrent-uploads max-download-attempts registry-mirrors runtimes "
    "shutdown-timeout".split()
)
"""What the engine takes from daemon.json on SIGHUP (dockerd(8), "Configuration reload behavior"); the rest needs a
restart."""

Fault = Callable[[Any], str]
"""What is wrong with a value, as a sentence; `""` where nothing is. The value is None where nobody wrote one."""


def judge_setting(engine: Engine, name: str, fault: Fault, good: str) -> Judgement:
    """Fails with the fault of what runs; pending where a good value is written and not yet loaded.

    A good value that runs while a bad one is written fails, too: it ends with the next restart of the engine.
    """
    setting = engine.setting(name)
    if isinstance(setting, Unknown):
        return not_known(setting)
    wrong = fault(value_or_none(setting))
    written = engine.pending.get(name)
    if written is None:
        return failed(wrong, setting.source) if wrong else passed(good, setting.source)
    if not wrong:
        later = fault(written.value)
        ends = f"from the engine's next restart on: {later}"
        return failed(ends, written.source) if later else passed(good, setting.source)
    if fault(written.value):
        return failed(wrong, setting.source)
    return pending(f"{wrong}; {name} is written otherwise, in force after a restart of the engine", written.source)


def judge_switch(engine: Engine, name: str, *, must_be: bool, bad: str, good: str) -> Judgement:
    """A setting that is true or false; nobody having written it is false."""
    return judge_setting(engine, name, lambda value: "" if (value is True) == must_be else bad, good)


def not_known(setting: Unknown) -> Judgement:
    return unknown(setting.reason, setting.source, tell=setting.tell)


def value_or_none(setting: Set[Any] | Unset | Unknown) -> Any:
    """The value, None where there is none. What is unknown must be dealt with before."""
    return setting.value if isinstance(setting, Set) else None


def texts(value: Any) -> list[str]:
    """A setting that should be a list of words, whatever stands there."""
    return [str(entry) for entry in value] if isinstance(value, list) else []
