"""How a container is kept: health check, restart, logs, environment, and its state."""

from __future__ import annotations

from ...model.field import Field, Set, Unknown, Unset
from ...model.workload import HealthCheck, Logging, Restart, State
from ..api_object import ApiObject

_NANO = 1_000_000_000


def read_health(health: ApiObject) -> Field[HealthCheck]:
    """The engine has merged the image's in; `["NONE"]` switches it off. Times are nanoseconds, 0 the default."""
    test = health.texts("Test")
    if not isinstance(test, Set):
        return test if isinstance(test, Unknown) else Unset(health.source)
    if not test.value:
        return Unset(health.source)
    return Set(
        HealthCheck(
            test=test.value,
            disabled=test.value[0] == "NONE",
            interval=_seconds(health, "Interval"),
            timeout=_seconds(health, "Timeout"),
            start_period=_seconds(health, "StartPeriod"),
            start_interval=_seconds(health, "StartInterval"),
            retries=health.number("Retries") or None,
        ),
        health.source,
    )


def _seconds(health: ApiObject, key: str) -> float | None:
    nanoseconds = health.number(key)
    return nanoseconds / _NANO if nanoseconds else None


def read_logging(log: ApiObject) -> Field[Logging]:
    driver = log.text("Type")
    if not isinstance(driver, Set):
        return driver
    return Set(Logging(driver.value, log.words("Config")), log.source)


def read_restart(policy: ApiObject) -> Field[Restart]:
    """An empty name is `no`."""
    name = policy.text("Name")
    if not isinstance(name, Set):
        return name
    return Set(Restart(name.value or "no", policy.number("MaximumRetryCount")), policy.source)


def read_environment(field: Field[tuple[str, ...]]) -> Field[dict[str, str]]:
    """`NAME=value`; of a name that comes twice the last counts, as for the process."""
    if not isinstance(field, Set):
        return field
    said = {name: value for name, _, value in (entry.partition("=") for entry in field.value)}
    return Set(said, field.source)


def read_state(inspect: ApiObject) -> Field[State]:
    state = inspect.at("State")
    status = state.text("Status")
    if not isinstance(status, Set):
        return status
    return Set(
        State(
            status=status.value,
            running=state.at("Running").data is True,
            pid=state.number("Pid"),
            exit_code=state.number("ExitCode"),
            oom_killed=state.at("OOMKilled").data is True,
            health=state.word("Health", "Status"),
            restarts=inspect.number("RestartCount"),
            created=inspect.word("Created"),
            started=state.word("StartedAt"),
            finished=state.word("FinishedAt"),
            error=state.word("Error"),
            health_checked=_last_check(state.at("Health", "Log").data),
        ),
        state.source,
    )


def _last_check(log: object) -> str:
    """The engine keeps the newest five, the last one at the end."""
    last = log[-1] if isinstance(log, list) and log else None
    start = last.get("Start") if isinstance(last, dict) else None
    return start if isinstance(start, str) else ""
