"""`dockworthy guard serve`: the guard itself, in the foreground."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from .. import options
from ..output import say
from ..project import load_project, rules_of

if TYPE_CHECKING:
    from ...guard.decision import Decision


@click.command(short_help="The engine's authorization plugin, in the foreground.")
@click.option("--socket", "path", metavar="PATH", required=True, help="Where the engine asks: in /run/docker/plugins.")
@click.option(
    "--docker",
    "endpoint",
    metavar="URL",
    default="unix:///var/run/docker.sock",
    show_default=True,
    help="The engine, to look up what names stand for.",
)
@options.level
@options.policy
def serve(path: str, endpoint: str, level: str | None, policy: str | None) -> int:
    """Answers the engine's questions: may this request pass?

    The engine asks when it is started with --authorization-plugin NAME and the socket is NAME.sock in
    /run/docker/plugins. Start this first: an engine does not start without its plugin. Everything that is not known
    to be allowed is refused, with the control's title, the fact and the remedy in docker's own error line.
    """
    import uvloop

    from ...guard.engine_world import EngineWorld
    from ...guard.plugin import serve as serve_plugin
    from ...guard.policy_in_force import PolicyInForce
    from ...model.levels import Level

    project = load_project(policy)
    asked = Level(level) if level else project.policy.level or Level.BASELINE
    in_force = PolicyInForce(level=asked, policy=project.policy, guard=project.guard, rules=rules_of(project))
    world = EngineWorld(endpoint)

    def ready() -> None:
        say(f"judging at level {asked.value} at {path}")

    uvloop.run(serve_plugin(Path(path), in_force, world, told=_told, ready=ready))
    return 0


def _told(decision: Decision) -> None:
    if not decision.allowed:
        say(f"refused {decision.action} {decision.subject}: {decision.message()}")
