"""`deploy:` as it counts in one environment. Pure."""

from __future__ import annotations

import msgspec
from msgspec import structs

from ..errors import UsageError
from ..model.deploy_settings import DeploySettings, Duration
from ..readers.deploy_routes import time_fault
from .names import names_there


def settings_in(settings: DeploySettings, environment: str | None) -> DeploySettings:
    """With what the environment says otherwise. Raises UsageError for one that is not there."""
    if environment is None:
        return settings
    other = settings.environments.get(environment)
    if other is None:
        hint = names_there(environment, settings.environments, "deploy.environments has")
        raise UsageError(f"there is no environment {environment!r}", hint=hint)
    said = {name: value for name in other.__struct_fields__ if (value := getattr(other, name)) is not None}
    return structs.replace(settings, **said)


def projects_beside(settings: DeploySettings, own: str, usual: str) -> frozenset[str]:
    """The projects of the other environments of one file. `settings`: of the whole file; `own`: the project that is
    shipped; `usual`: what Compose calls it where nothing names it."""
    usual = settings.project or usual
    every = {usual, *(usual if each.project is None else each.project for each in settings.environments.values())}
    return frozenset(every - {own, ""})


def with_standby(settings: DeploySettings, said: str | None) -> DeploySettings:
    """`said`: on the command line, it counts before the file; `0s` is none. Raises UsageError for what is no time."""
    if said is None:
        return settings
    try:
        standby = msgspec.convert(said, Duration)
    except msgspec.ValidationError:
        raise UsageError(f"--standby {said!r} is no time", hint="--standby 10m; 90s and 1h30m are times, too") from None
    if fault := time_fault("standby", standby):
        raise UsageError(f"--standby {said}: {fault}")
    return structs.replace(settings, standby=standby)
