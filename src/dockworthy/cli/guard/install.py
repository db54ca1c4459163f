"""`dockworthy guard install`: the guard comes."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ...errors import EngineError, UsageError
from ...input_files import read_input
from .. import options
from ..output import say
from .agreeing import agreed, dry_run_option, only_root

if TYPE_CHECKING:
    from ...guard.life.cut_off import InstallFlags
    from ...guard.life.engine_here import EngineHere
    from ...guard.life.places import Places
    from ...guard.life.planning import Install
    from ...guard.life.record import Record
    from ...guard.policy_in_force import PolicyInForce

_docker = click.option(
    "--docker",
    "endpoint",
    metavar="URL",
    default="unix:///var/run/docker.sock",
    show_default=True,
    help="The engine's own socket.",
)


@click.command(short_help="Installs the guard on this machine, in front of its engine.")
@_docker
@click.option(
    "--policy",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="What it judges by, copied to /etc/dockworthy/guard.yaml.  [default: what is there, else level baseline]",
)
@click.option(
    "--people",
    is_flag=True,
    help="Put the guard's socket in the place of the engine's, which moves to a folder that only root can enter.",
)
@click.option(
    "--tls",
    metavar="ADDRESS",
    help="Also listen at this address (192.0.2.7) for people with a certificate, with the files in "
    "/etc/docker/tls; `off` ends that.",
)
@click.option(
    "--confine-builds",
    is_flag=True,
    help="daemon.json keeps image builds from the host's network, so that the guard lets BuildKit's pass; the engine "
    "is restarted once.",
)
@click.option("--force", is_flag=True, help="Also in front of an engine version that the guard was not tested with.")
@dry_run_option
@options.yes
def install(
    endpoint: str,
    policy: str | None,
    people: bool,
    tls: str | None,
    confine_builds: bool,
    force: bool,
    dry_run: bool,
    yes: bool,
) -> int:
    """From then on every request to the engine is judged. When the machine starts, the guard starts before the engine.

    Shows the plan, does it, measures, and takes all of it back where the engine does not come up with it. Run again, it
    installs this version of dockworthy and keeps the rest: the new guard takes over from the old one, and no request is
    refused meanwhile.

    The engine is not restarted, and containers keep running. With --people it is, once: its own socket moves. Whoever
    asks at /var/run/docker.sock is then known, and may do what their role allows; containers run on.

    Without --people, `docker build` with BuildKit is refused to everybody, root too, unless the engine was started with
    `builder.entitlements` that keep builds from the host's network: --confine-builds does that.

    \b
    Examples:
      sudo dockworthy guard install --dry-run
      sudo dockworthy guard install --policy guard.yaml --people
      sudo dockworthy guard uninstall                     as it was before
    """
    from ...guard.life import cut_off
    from ...guard.life.places import Places
    from ...guard.life.record import read_record

    only_root()
    places = Places()
    judged_by = _policy(policy, places)
    asked = cut_off.InstallFlags(people=people, tls=tls, confine_builds=confine_builds)
    record = read_record(places)

    def bring(wanted: InstallFlags, *, agreed_to: bool = False, as_before: bool = False) -> None:
        _bring(places, endpoint, wanted, judged_by, force=force or as_before, dry_run=dry_run, yes=yes or agreed_to)

    if record is None or not record.is_to_be_taken_back:
        bring(asked)
        return 0
    asked = cut_off.together(asked, cut_off.asked_of(record))
    if policy is None and not places.policy.exists():
        raise UsageError(
            f"{places.policy} is not there, by which the installation that was cut off was to judge",
            hint="name it: --policy FILE; or take everything away: dockworthy guard uninstall",
        )
    _check_first(places, endpoint, asked, judged_by, record, force=force)
    if not agreed("dockworthy guard install", cut_off.in_words(record, asked), dry_run=dry_run, yes=yes):
        return 0
    cut_off.take_back(places, record, say)
    cut_off.install_or_as_before(
        record, asked, lambda wanted: bring(wanted, agreed_to=True, as_before=wanted != asked), say
    )
    say(f"the installation that was cut off is finished{f', with {asked.flags}' if asked.flags else ''}")
    return 0


def _check_first(
    places: Places,
    endpoint: str,
    asked: InstallFlags,
    judged_by: tuple[PolicyInForce, bytes | None],
    record: Record,
    *,
    force: bool,
) -> None:
    """All that may refuse to finish what was cut off, before any of it is taken back: until then a guard may stand
    before the engine. Of an engine that was left so that it does not answer, nothing can be told. Raises
    DockworthyError."""
    from msgspec import structs

    from ...guard.life.engine_here import find_engine
    from ...guard.life.record import own_endpoint

    try:
        engine = find_engine(own_endpoint(record, endpoint))
    except EngineError:
        return
    if not engine.pid:
        return
    if record.people is not None and engine.endpoint == record.people.endpoint:  # its socket has moved already
        asked = structs.replace(asked, people=False, tls=None)
    _planned(places, engine, asked, judged_by, force=force)


def _planned(
    places: Places,
    engine: EngineHere,
    asked: InstallFlags,
    judged_by: tuple[PolicyInForce, bytes | None],
    *,
    force: bool,
) -> Install:
    """Raises DockworthyError for an engine or for settings that the guard can't be installed with."""
    from ...guard.life.planning import plan
    from ...guard.life.tried import check_tried
    from ...state_directory import state_directory

    if not force:
        check_tried(engine.version, state_directory(os.environ) / "guard")
    in_force, text = judged_by
    return plan(places, engine, text, by_systemd=Path("/run/systemd/system").is_dir(), people=asked.people,
        tls=asked.tls, guard=in_force.guard, confine_builds=asked.confine_builds,
    )  # fmt: skip


def _bring(
    places: Places,
    endpoint: str,
    asked: InstallFlags,
    judged_by: tuple[PolicyInForce, bytes | None],
    *,
    force: bool,
    dry_run: bool,
    yes: bool,
) -> None:
    from msgspec import structs

    from ...guard.life.engine_here import find_engine
    from ...guard.life.installing import install as bring
    from ...guard.life.record import own_endpoint, read_record
    from ...guard.life.refused_starts import not_entered, refused_starts

    record = read_record(places)
    if record is not None and record.is_to_be_taken_back:  # it was, and no guard stands before the engine
        record = None
    engine = find_engine(own_endpoint(record, endpoint))
    todo = _planned(places, engine, asked, judged_by, force=force)
    if engine.pid and record is None:
        starts = refused_starts(engine.endpoint, judged_by[0], places, people=todo.people is not None)
        todo = structs.replace(todo, refused_starts=starts)
    if engine.pid and todo.people is not None:
        todo = structs.replace(todo, not_entered=not_entered(engine.endpoint))
    if not agreed("dockworthy guard install", todo.in_words(), dry_run=dry_run, yes=yes):
        return
    bring(todo, say)
    if todo.moving is not None and todo.moving.left_out:
        say(f"note: without a role, and refused everything now: {', '.join(todo.moving.left_out)}")
    for each in todo.moving.stale_mounts if todo.moving is not None else ():
        say(f"note: {each}")
    if todo.builds.refused:
        say(f"note: {todo.builds.in_words()}")
    say(f"done; when everything is wrong: {places.unlock}")


def _policy(named: str | None, places: Places) -> tuple[PolicyInForce, bytes | None]:
    """What will be judged by, and its text where it is to be copied: one file that stands for itself.
    Raises UsageError."""
    from ...guard.policy_in_force import PolicyInForce
    from .in_force import loader

    path = named or (str(places.policy) if places.policy.exists() else None)
    if path is None:
        return PolicyInForce(), None
    in_force, files = loader(None, path, followed=named is None)()
    if named is None:
        return in_force, None
    if len(files) > 1:
        raise UsageError(f"{path} extends {files[1].name}, which would not be copied", hint="write it in one file")
    return in_force, read_input(path)
