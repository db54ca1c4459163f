"""Health checks: `healthChecks` of an app, `healthCheck` of a pod's container. Times in seconds."""

from __future__ import annotations

from ...model.field import Field, Set, Unset
from ...model.workload import HealthCheck
from ..definition import items, number, word, words
from ..yaml_source import Value


def read_app_health(app: Value, silent: Unset) -> Field[HealthCheck]:
    """The first of them; Marathon replaces a task that fails any. What the image says of health is not asked."""
    listed = items(app, "healthChecks")
    if not listed:
        return silent
    first = listed[0]
    protocol = word(first, "protocol") or "HTTP"
    if protocol == "COMMAND":
        return Set(_health(first, ("CMD-SHELL", word(first.get("command"), "value"))), first.source)
    return Set(_health(first, (protocol, word(first, "path"))), first.source)


def read_container_health(container: Value, silent: Unset) -> Field[HealthCheck]:
    check = container.get("healthCheck")
    if check is None:
        return silent
    command = check.at("exec", "command")
    if command is not None:
        return Set(_health(check, _test(command)), check.source)
    kind = next((kind for kind in ("http", "tcp") if check.get(kind) is not None), "")
    return Set(_health(check, (kind.upper(), word(check.get(kind), "path")) if kind else ()), check.source)


def _test(command: Value) -> tuple[str, ...]:
    argv = command.get("argv")
    return ("CMD-SHELL", word(command, "shell")) if argv is None else ("CMD", *words(argv))


def _health(check: Value, test: tuple[str, ...]) -> HealthCheck:
    failures = _or_none(check, "maxConsecutiveFailures")
    return HealthCheck(
        test=test,
        disabled=not test,
        interval=_or_none(check, "intervalSeconds"),
        timeout=_or_none(check, "timeoutSeconds"),
        start_period=_or_none(check, "gracePeriodSeconds"),
        retries=None if failures is None else int(failures),
    )


def _or_none(check: Value, key: str) -> float | None:
    found = check.get(key)
    return None if found is None else number(found)
