"""How a service is kept: image, user, health check, restart, logs, command, update."""

from __future__ import annotations

import shlex
from collections.abc import Callable

from ...model.field import Field, Set, Unknown, Unset
from ...model.workload import HealthCheck, Logging, Restart, UpdatePolicy, User
from ..container.user import read_user as user_of
from .entry import Entry
from .fields import field_of, origin_of
from .sizes import seconds

BY_IMAGE = "the file does not say, the image decides"


def read_image(service: Entry, silent: Unset) -> Field[str]:
    """What is built here without a name has none that could be judged."""
    written, built = service.get("image"), service.get("build")
    if written is None and built is not None:
        return Unknown("it is built here, and the image has no name of its own", source=built.key)
    if written is None:
        return Unknown("neither image nor build is written here", source=silent.source)
    return field_of(written, silent, Entry.text)


def read_user(service: Entry, silent: Unset) -> Field[User]:
    field = user_of(field_of(service.get("user"), silent, Entry.text))
    return _by_image("{{.Config.User}}", service) if isinstance(field, Unset) else field


def read_health(service: Entry, silent: Unset) -> Field[HealthCheck]:
    written = service.get("healthcheck")
    if written is None:
        return _by_image("{{json .Config.Healthcheck}}", service)
    if written.gap is not None:
        return written.gap
    health = _health(written)
    if not health.test and not health.disabled:
        return _by_image("{{json .Config.Healthcheck}}", service)
    return Set(health, written.key, origin_of(written))


def _by_image(asked: str, service: Entry) -> Unknown:
    image = service.get("image")
    name = image.text() if image is not None and image.gap is None else "IMAGE"
    return Unknown(
        BY_IMAGE,
        tell=f"docker image inspect -f '{asked}' {shlex.quote(name)}",
        source=service.key,
    )


def _health(written: Entry) -> HealthCheck:
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


def _or_none(parent: Entry, key: str, convert: Callable[[Entry], float]) -> float | None:
    found = parent.get(key)
    return None if found is None else convert(found)


def read_restart(service: Entry, silent: Unset) -> Field[Restart]:
    """`deploy.restart_policy` outranks `restart`."""
    policy = service.at("deploy", "restart_policy")
    if policy is None:
        return field_of(service.get("restart"), silent, _restart)
    if policy.get("condition") is None:
        return Unknown(
            "a restart_policy without a condition: Compose and a swarm read it differently", source=policy.key
        )
    return field_of(policy, silent, _restart_policy)


def _restart(entry: Entry) -> Restart:
    name, _, attempts = entry.text().partition(":")
    if name == "false":  # `restart: no`, without quotes, is a truth value to some
        name = "no"
    if name not in ("no", "always", "on-failure", "unless-stopped") or (attempts and not attempts.isdecimal()):
        raise entry.wrong('"no", always, on-failure[:N] or unless-stopped')
    return Restart(name, int(attempts[:9] or 0))


def _restart_policy(policy: Entry) -> Restart:
    names = {"none": "no", "any": "always"}
    condition, attempts = policy.word("condition"), policy.get("max_attempts")
    return Restart(names.get(condition, condition), 0 if attempts is None else attempts.integer())


def read_logging(service: Entry) -> Field[Logging]:
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


def _logging(logging: Entry) -> Logging:
    options = logging.get("options")
    said = {} if options is None else {key: value.text() for key, value in options.mapping().items() if value.content}
    return Logging(logging.word("driver"), said)


def read_command(service: Entry, silent: Unset) -> Field[tuple[str, ...]]:
    """`entrypoint` and `command`, one behind the other; what is not written is the image's."""
    written = [part for key in ("entrypoint", "command") if (part := service.get(key)) is not None]
    for part in written:
        if part.gap is not None:
            return part.gap
    if not written:
        return silent
    words = [word for part in written for word in _words(part)]
    return Set(tuple(words), written[0].source, origin_of(written[0]))


def _words(part: Entry) -> tuple[str, ...]:
    if part.is_list:
        return part.texts()
    try:
        return tuple(shlex.split(part.text()))
    except ValueError:  # a quote that is not closed
        return tuple(part.text().split())


def read_update(service: Entry, silent: Unset) -> Field[UpdatePolicy]:
    return field_of(service.at("deploy", "update_config"), silent, _update)


def _update(config: Entry) -> UpdatePolicy:
    parallelism = config.get("parallelism")
    return UpdatePolicy(
        order=config.word("order"),
        parallelism=None if parallelism is None else parallelism.integer(),
        on_failure=config.word("failure_action"),
        monitor=_or_none(config, "monitor", seconds),
    )
