"""What a project and its environments are called, and which names are taken for a mistake."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Final

import msgspec
from msgspec import structs

from ..errors import UsageError
from ..model.compose_project import ComposeProject
from ..model.deploy_settings import DeploySettings, Duration
from ..model.nearest_name import names_there
from ..readers.deploy_routes import time_fault

ANSWERS: Final = ("anonymous", "by-hand", "controls", "empty", "host", "joins", "routes", "shared", "signature")
"""What `--accept NAME:ANSWER` can say. `questions` and `record_gate` ask them."""
_OF_RECORDS = ("controls", "host")
"""Those that are also asked of services which only a record has."""


def refuse_strange_names(
    spec: ComposeProject,
    *,
    shipped: Collection[str],
    services: Collection[str],
    images: Collection[str],
    accepted: Iterable[str],
    always: Collection[str] = (),
) -> None:
    """`spec`: the project as Compose reads it. `shipped`: its services that a deploy would start. `services`, `images`
    and `accepted`: what was said. `always`: jobs, which run whatever services are named.

    Raises UsageError.
    """
    there = spec.services
    for name in services:
        refuse_unknown(f"there is no service {name!r}", name, there)
    for name in images:
        refuse_unknown(f"--image {name}=…: there is no service {name!r}", name, there)
        if name not in shipped:
            says = f"--image {name}=…: {name} belongs to a profile that is not active, so it is not deployed"
            raise UsageError(says, hint="COMPOSE_PROFILES names the active profiles")
        if services and name not in services and name not in always:
            says = f"--image {name}=…: only {', '.join(sorted(services))} is deployed by this command"
            raise UsageError(says, hint=f"name it, too: dockworthy deploy {' '.join(sorted(services))} {name}")
    for answer in accepted:
        _refuse_answer(answer, {*there, *spec.volumes}, is_subset=bool(services))


def _refuse_answer(answer: str, known: Collection[str], *, is_subset: bool) -> None:
    """`is_subset`: of the others the last release's services stay, also those that the files have no longer."""
    name, _, word = answer.rpartition(":")
    if not name or word not in ANSWERS:
        forms = ", ".join(f"NAME:{each}" for each in ANSWERS)
        raise UsageError(f"--accept {answer!r} answers no question", hint=f"the plan says which it asks: {forms}")
    if is_subset and word in _OF_RECORDS:
        return
    refuse_unknown(f"--accept {answer}: there is no service or volume {name!r}", name, known)


def refuse_unknown(says: str, name: str, known: Collection[str]) -> None:
    """Raises UsageError with the nearest name, and all that there are."""
    if name not in known:
        raise UsageError(says, hint=names_there(name, known, "compose.yaml has"))


def settings_in(settings: DeploySettings, environment: str | None) -> DeploySettings:
    """The settings, with what `environment` changes of them. Raises UsageError for an environment that is not there."""
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
