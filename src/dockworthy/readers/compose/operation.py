"""How a service is kept: image, user, health check, restart, logs, command, update, limits, hooks."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator

from msgspec import structs

from ...model.field import Field, Set, Unknown, Unset
from ...model.workload import (
    Container,
    ContainerRole,
    HealthCheck,
    HookUser,
    Limits,
    Logging,
    Restart,
    UpdatePolicy,
    User,
)
from ..engine_words import above_zero, ulimit_name, unless_zero
from ..user import read_user as user_of
from .entry import ComposeEntry, field_of, listed_as_mapping, origin_of
from .merging import merged

BY_IMAGE = "the file does not say, the image decides"


def read_image(service: ComposeEntry, silent: Unset) -> Field[str]:
    """What is built here without a name has none that could be judged."""
    written, built = service.get("image"), service.get("build")
    if written is None and built is not None:
        return Unknown("it is built here, and the image has no name of its own", source=built.key)
    if written is None:
        return Unknown("neither image nor build is written here", source=silent.source)
    return field_of(written, silent, ComposeEntry.text)


def read_user(service: ComposeEntry, silent: Unset) -> Field[User]:
    field = user_of(field_of(service.get("user"), silent, ComposeEntry.text))
    return _by_image("{{.Config.User}}", service) if isinstance(field, Unset) else field


def read_health(service: ComposeEntry, silent: Unset) -> Field[HealthCheck]:
    written = service.get("healthcheck")
    if written is None:
        return _by_image("{{json .Config.Healthcheck}}", service)
    if written.gap is not None:
        return written.gap
    health = _health(written)
    if not health.test and not health.disabled:
        return _by_image("{{json .Config.Healthcheck}}", service)
    return Set(health, written.key, origin_of(written))


def _by_image(asked: str, service: ComposeEntry) -> Unknown:
    image = service.get("image")
    name = image.text() if image is not None and image.gap is None else "IMAGE"
    return Unknown(
        BY_IMAGE,
        tell=f"docker image inspect -f '{asked}' {shlex.quote(name)}",
        source=service.key,
    )


def _health(written: ComposeEntry) -> HealthCheck:
    """A text is a command for the shell; NONE, or `disable`, switches the image's check off."""
    disable, said = written.get("disable"), written.get("test")
    test: tuple[str, ...] = ()
    if said is not None:
        test = said.texts() if said.is_list else ("CMD-SHELL", said.text())
    retries = written.get("retries")
    return HealthCheck(
        test=test,
        disabled=(disable is not None and disable.boolean()) or test[:1] == ("NONE",),
        interval=_or_none(written, "interval", seconds),
        timeout=_or_none(written, "timeout", seconds),
        start_period=_or_none(written, "start_period", seconds),
        start_interval=_or_none(written, "start_interval", seconds),
        retries=None if retries is None else retries.integer(),
    )


def _or_none(parent: ComposeEntry, key: str, convert: Callable[[ComposeEntry], float]) -> float | None:
    found = parent.get(key)
    return None if found is None else convert(found)


def read_restart(service: ComposeEntry, silent: Unset) -> Field[Restart]:
    """`deploy.restart_policy` outranks `restart`."""
    policy = service.at("deploy", "restart_policy")
    if policy is None:
        return field_of(service.get("restart"), silent, _restart)
    if policy.get("condition") is None:
        return Unknown(
            "a restart_policy without a condition: Compose and a swarm read it differently", source=policy.key
        )
    return field_of(policy, silent, _restart_policy)


def _restart(entry: ComposeEntry) -> Restart:
    name, _, attempts = entry.text().partition(":")
    if name == "false":  # `restart: no`, without quotes, is a truth value to some
        name = "no"
    if name not in ("no", "always", "on-failure", "unless-stopped") or (attempts and not attempts.isdecimal()):
        raise entry.wrong('"no", always, on-failure[:N] or unless-stopped')
    return Restart(name, int(attempts[:9] or 0))


def _restart_policy(policy: ComposeEntry) -> Restart:
    names = {"none": "no", "any": "always"}
    condition, attempts = policy.word("condition"), policy.get("max_attempts")
    return Restart(names.get(condition, condition), 0 if attempts is None else attempts.integer())


def read_logging(service: ComposeEntry) -> Field[Logging]:
    """Without a driver it is the engine's, and that is no matter of this file."""
    logging = service.get("logging")
    driver = None if logging is None else logging.get("driver")
    if logging is None or driver is None:
        return Unknown(
            "the file names no log driver, the engine's default decides",
            tell="docker info -f '{{.LoggingDriver}}', and log-opts in /etc/docker/daemon.json",
            source=service.key if logging is None else logging.key,
        )
    return field_of(logging, Unset(service.key), _logging)


def _logging(logging: ComposeEntry) -> Logging:
    options = logging.get("options")
    said = {} if options is None else {key: value.text() for key, value in options.mapping().items() if value.content}
    return Logging(logging.word("driver"), said)


def read_command(service: ComposeEntry, silent: Unset) -> Field[tuple[str, ...]]:
    """`entrypoint` and `command`, one behind the other; what is not written is the image's."""
    written = [part for key in ("entrypoint", "command") if (part := service.get(key)) is not None]
    for part in written:
        if part.gap is not None:
            return part.gap
    if not written:
        return silent
    words = [word for part in written for word in _words(part)]
    return Set(tuple(words), written[0].source, origin_of(written[0]))


def _words(part: ComposeEntry) -> tuple[str, ...]:
    if part.is_list:
        return part.texts()
    try:
        return tuple(shlex.split(part.text()))
    except ValueError:  # a quote that is not closed
        return tuple(part.text().split())


def read_update(service: ComposeEntry, silent: Unset) -> Field[UpdatePolicy]:
    return field_of(service.at("deploy", "update_config"), silent, _update)


def _update(config: ComposeEntry) -> UpdatePolicy:
    parallelism = config.get("parallelism")
    return UpdatePolicy(
        order=config.word("order"),
        parallelism=None if parallelism is None else parallelism.integer(),
        on_failure=config.word("failure_action"),
        monitor=_or_none(config, "monitor", seconds),
    )


def read_limits(service: ComposeEntry, silent: Unset) -> Limits:
    limits = service.at("deploy", "resources", "limits")
    return Limits(
        memory=above_zero(field_of(_of(limits, "memory") or service.get("mem_limit"), silent, size)),
        memory_swap=unless_zero(field_of(service.get("memswap_limit"), silent, size)),
        cpus=_cpus(service, limits, silent),
        pids=above_zero(field_of(_of(limits, "pids") or service.get("pids_limit"), silent, ComposeEntry.integer)),
        ulimits=field_of(service.get("ulimits"), silent, _ulimits),
        oom_kill_disabled=field_of(service.get("oom_kill_disable"), silent, ComposeEntry.boolean),
        oom_score=field_of(service.get("oom_score_adj"), silent, ComposeEntry.integer),
    )


def _of(limits: ComposeEntry | None, key: str) -> ComposeEntry | None:
    return None if limits is None else limits.get(key)


def _cpus(service: ComposeEntry, limits: ComposeEntry | None, silent: Unset) -> Field[float]:
    """`cpus`, else `cpu_quota` microseconds in each `cpu_period` (100,000 where none is written)."""
    field = field_of(_of(limits, "cpus") or service.get("cpus"), silent, cores)
    if not isinstance(field, Unset):
        return Unset(field.source) if isinstance(field, Set) and not field.value else field
    quota, period = service.get("cpu_quota"), service.get("cpu_period")
    if quota is None:
        return field
    for entry in (quota, period):
        if entry is not None and entry.gap is not None:
            return entry.gap
    length = 100_000 if period is None else _microseconds(period)
    share = _microseconds(quota) / (length or 100_000)
    return Set(share, quota.source, origin_of(quota)) if share > 0 else Unset(quota.source)


def _microseconds(entry: ComposeEntry) -> float:
    """A number, or a duration like 50ms."""
    written = entry.text().strip()
    return float(entry.integer()) if written.lstrip("-").isdigit() else seconds(entry) * 1_000_000


def _ulimits(entry: ComposeEntry) -> dict[str, tuple[int, int]]:
    """Name -> soft and hard."""
    return {ulimit_name(name): _soft_and_hard(value) for name, value in entry.mapping().items() if not value.is_null}


def _soft_and_hard(value: ComposeEntry) -> tuple[int, int]:
    if not value.is_mapping:
        return value.integer(), value.integer()
    soft, hard = value.get("soft"), value.get("hard")
    if soft is None or hard is None:
        raise value.wrong("a ulimit with soft and hard")
    return soft.integer(), hard.integer()


_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,18})?)\s*([kmgtp]?)i?b?", re.IGNORECASE)
_POWER = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4, "p": 5}
_DURATION = re.compile(r"(\d{1,15}(?:\.\d{0,15})?)(ns|us|µs|ms|s|m|h|d|w)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}


def size(entry: ComposeEntry) -> int:
    """Bytes; a unit is a power of 1024, `kb` and `KiB` too. -1 is "without end"."""
    written = entry.text().strip()
    if written == "-1":
        return -1
    match = _SIZE.fullmatch(written)
    if match is None:
        raise entry.wrong("a size like 512m or 2gb")
    return int(float(match[1]) * 1024 ** _POWER[match[2].lower()])


def seconds(entry: ComposeEntry) -> float:
    written = entry.text().strip()
    parts = _DURATION.findall(written)
    if written != "0" and ("".join(number + unit for number, unit in parts) != written or not parts):
        raise entry.wrong("a duration like 30s or 1m30s")
    return float(sum(float(number) * _SECONDS[unit] for number, unit in parts))


def cores(entry: ComposeEntry) -> float:
    written = entry.text().strip()
    if not re.fullmatch(r"\d{0,9}(?:\.\d{0,18})?", written) or not re.search(r"\d", written):
        raise entry.wrong("a number of cores like 0.5")
    return float(written)


Make = Callable[[str, ComposeEntry], Container]

_INSIDE = ("post_start", "pre_stop")
_OF_STEP = frozenset({"image", "user", "privileged", "command", "environment"})
_OF_SERVICE = ("image", "build", "env_file")


def with_hooks(container: Container, service: ComposeEntry, make: Make) -> tuple[Container, ...]:
    """The service's container, with what runs in it by hooks, and those of its `pre_start` steps as `make` reads
    them."""
    users = tuple(_users_of_hooks(container.name, service))
    whole = structs.replace(_with_privileged_hook(container, service), hook_users=users)
    steps = _steps(service, "pre_start")
    return (whole, *(_step(f"{whole.name}.pre_start[{i}]", step, whole, service, make) for i, step in steps))


def _users_of_hooks(container: str, service: ComposeEntry) -> Iterator[HookUser]:
    for name, hook in _hooks(service):
        user = user_of(field_of(hook.get("user"), Unset(hook.source), ComposeEntry.text))
        if not isinstance(user, Unset):
            yield HookUser(f"{container}.{name}", user)


def _hooks(service: ComposeEntry) -> Iterator[tuple[str, ComposeEntry]]:
    """What Compose runs inside the container, past its command: each by the key that says so."""
    for key in _INSIDE:
        for number, hook in _steps(service, key):
            yield f"{key}[{number}]", hook
    develop = service.get("develop")
    watched = None if develop is None or not develop.is_mapping else develop.get("watch")
    for number, watch in enumerate([] if watched is None else watched.items()):
        inside = watch.get("exec") if watch.is_mapping else None
        if inside is not None and inside.is_mapping:
            yield f"develop.watch[{number}].exec", inside


def _with_privileged_hook(container: Container, service: ComposeEntry) -> Container:
    if isinstance(container.privileged, Set) and container.privileged.value:
        return container
    for _, hook in _hooks(service):
        written = hook.get("privileged")
        if written is not None and written.gap is not None:
            return structs.replace(container, privileged=written.gap)
        if written is not None and written.boolean():
            return structs.replace(container, privileged=Set(True, written.source, origin_of(written)))
    return container


def _steps(service: ComposeEntry, key: str) -> Iterator[tuple[int, ComposeEntry]]:
    found = service.get(key)
    yield from enumerate([] if found is None else found.items())


def _step(name: str, step: ComposeEntry, main: Container, service: ComposeEntry, make: Make) -> Container:
    written = {key: value for key, value in step.mapping().items() if key in _OF_STEP}
    taken = {key: value for key in _OF_SERVICE if (value := service.get(key)) is not None}
    if "image" in written:
        taken.pop("build", None)
    environment = service.get("environment")
    if environment is not None:
        own = written.get("environment") or ComposeEntry({}, step.source)
        taken["environment"] = merged(listed_as_mapping(environment), listed_as_mapping(own))
        written.pop("environment", None)
    read = make(name, ComposeEntry({**taken, **written}, step.source, key=step.key, inherited=step.inherited))
    unclear = {**read.unclear, **{part: gap for part, gap in main.unclear.items() if part == "mounts"}}
    return structs.replace(read, role=ContainerRole.INIT, mounts=main.mounts, unclear=unclear)
