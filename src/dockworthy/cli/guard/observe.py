"""`dockworthy guard observe` and `guard report`: from normal work to a policy under which it passes."""

from __future__ import annotations

import os
from pathlib import Path

import click

from ...errors import UsageError
from .. import options
from ..output import deliver, say
from .engine_option import engine_option
from .in_force import level_option, loader
from .unit import print_unit, unit_option

_state = click.option(
    "--state",
    "state_file",
    metavar="FILE",
    help="What was seen.  [default: guard-observed.json in dockworthy's state folder]",
)


@click.command(short_help="Records requests without refusing any.")
@engine_option("The engine.")
@_state
@level_option
@options.policy
@unit_option
def observe(endpoint: str, state_file: str | None, level: str | None, policy: str | None, as_unit: bool) -> int:
    """Follows the engine's events and judges each container, volume and network that is made. It refuses nothing.

    Let it run for a week or a month of normal work, in a terminal or as a service (--unit); it goes on where it was
    stopped. Then `dockworthy guard report` drafts a policy. What is asked without making anything (exec, commit,
    builds) is not seen.
    """
    import asyncio
    import contextlib
    import signal

    from ...guard.observing.observing import observe as look_on
    from ...guard.observing.state import new_state, read_state, write_state

    if as_unit:
        print_unit("dockworthy-observe", "dockworthy looks on at what is made at the engine", notifies=False)
        return 0
    in_force, _ = loader(level, policy)()
    file = _file(state_file)
    state = read_state(file) or new_state(in_force.level.value)
    state.level = in_force.level.value
    write_state(file, state)  # a place that can't be written is told now, not in a week

    async def live() -> None:
        task = asyncio.ensure_future(look_on(endpoint, in_force, state, file, say))
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        with contextlib.suppress(asyncio.CancelledError):
            await task

    say(f"observing {endpoint}; what is seen goes to {file}")
    asyncio.run(live())
    return 0


@click.command(short_help="Drafts a policy from what was observed.")
@_state
@options.output
def report(state_file: str | None, output: str | None) -> int:
    """A dockworthy.yaml under which what was observed passes, each line with its reason, and below it what no policy
    lets pass.

    \b
    Examples:
      dockworthy guard report -o guard.yaml
      sudo dockworthy guard install --policy guard.yaml
    """
    from ...guard.host_tree import host_tree
    from ...guard.observing.drafting import draft
    from ...guard.observing.state import read_state
    from ...guard.way_in import way_in

    file = _file(state_file)
    state = read_state(file)
    if state is None:
        raise UsageError(f"{file} is not there: nothing was observed", hint="run `dockworthy guard observe` first")
    tree = host_tree()
    deliver(draft(state, lambda path: way_in(path, tree)), output)
    return 0


def _file(named: str | None) -> Path:
    from ...state_directory import state_directory

    return Path(named) if named else state_directory(os.environ) / "guard-observed.json"
