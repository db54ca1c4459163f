"""Options that mean the same in every command that has them."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from ..errors import UsageError

if TYPE_CHECKING:
    from ..input_files import Checkout
    from ..model.policy import ProjectFile

Command = TypeVar("Command", bound=Callable[..., Any])

LEVELS = ("baseline", "restricted", "production")
"""As in model/levels.py, which is not imported for `--help`; a test holds them equal."""

verbose = click.option("-v", "--verbose", is_flag=True, help="Show every finding with its evidence.")
by = click.option(
    "--by",
    type=click.Choice(["control", "container"]),
    default="control",
    show_default=True,
    help="Group failures by the control that fails, or by the container (service, image, host) that fails it.",
)
quiet = click.option("-q", "--quiet", is_flag=True, help="Print only the verdict line.")
output = click.option("-o", "--output", "output", metavar="FILE", help="Write to FILE instead of standard output.")
yes = click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
only_says = click.option("--dry-run", is_flag=True, help="Say what would be done, and change nothing.")
shows_plan = click.option("--dry-run", is_flag=True, help="Show the plan and change nothing.")
level = click.option(
    "--level",
    type=click.Choice(LEVELS),
    help="How strict: each level asks all that the one before it asks, and more.  "
    "[default: what dockworthy.yaml says, else production]",
)
policy = click.option(
    "--policy",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="The dockworthy.yaml to use.  [default: the nearest dockworthy.yaml, here or above]",
)
trust = click.option(
    "--trust-environment",
    is_flag=True,
    help="You trust the files: they may use this environment's variables, and files outside of their checkout.",
)
host = click.option(
    "--host",
    "hosts",
    metavar="URL",
    multiple=True,
    help="The host, ssh://USER@HOST, or its engine, unix:///PATH or tcp://HOST:PORT.  [default: the engine "
    "that `docker ps` asks]",
)
sudo = click.option(
    "--sudo", is_flag=True, help="With ssh://: become root there by sudo, which must not ask for a password."
)
environment = click.option(
    "--env", "environment", metavar="NAME", help="An environment of dockworthy.yaml (deploy.environments)."
)
take_over = click.option(
    "--take-over", is_flag=True, help="Take the lock of the project from another deploy that hangs."
)
root = click.option(
    "--root",
    metavar="DIR",
    default="/",
    show_default=True,
    type=click.Path(exists=True, file_okay=False),
    help="The host's file system, where it is not at /.",
)
probe = click.option(
    "--probe/--no-probe",
    default=True,
    help="Ask services that listen here one harmless question each: is a password asked for, does a monitor answer.  "
    "[default: --probe]",
)
deadline = click.option(
    "--deadline",
    metavar="SECONDS",
    type=click.FloatRange(0, min_open=True),
    default=20,
    show_default=True,
    help="How long to wait for the engine; what it has not answered by then is unknown.",
)


def checkout_to_judge(paths: Sequence[str], *, trust: bool, stdin_name: str | None = None) -> Checkout | None:
    """What the files at `paths` may read: their own checkout, or, where they are trusted, all (None)."""
    from ..input_files import checkout_of

    return None if trust else checkout_of([stdin_name or path if path == "-" else path for path in paths])


def format_of(*formats: str) -> Callable[[Command], Command]:
    """`--format`, with those that the command can write; the first one is the default."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(formats),
        default=formats[0],
        show_default=True,
        help="Output format; table is for reading on a terminal." if "table" in formats else "Output format.",
    )


def endpoint_of(hosts: tuple[str, ...], project: ProjectFile | None = None) -> str:
    """The engine's address from `--host`, the environment or docker's own configuration. Raises UsageError."""
    if len(hosts) > 1:
        raise UsageError("this command looks at one host at a time", hint="run it once for each host")
    return endpoints_of(hosts, project)[0]


def endpoints_of(hosts: tuple[str, ...], project: ProjectFile | None = None) -> list[str]:
    """One for each `--host`, each once; without any, the one that docker itself would ask. Raises UsageError."""
    from ..engine.endpoint import find_endpoint

    if not hosts:
        return [find_endpoint(None, os.environ)]
    return list(dict.fromkeys(fleet_of(hosts, project).values()))


def must_stand_behind(context: click.Context) -> None:
    """Options before a group's command would be the group's own, and the command would never see them: an error, not
    something that is passed over. Raises UsageError."""
    for option in context.command.params:
        source = context.get_parameter_source(option.name) if option.name else None
        if source is ParameterSource.COMMANDLINE:
            command = f"{context.info_name} {context.invoked_subcommand}"
            raise UsageError(f"{option.opts[-1]} stands behind the command: {command} {option.opts[-1]} …")


def asks_a_fleet(hosts: tuple[str, ...]) -> bool:
    return len(hosts) > 1 or "all" in hosts


def fleet_of(hosts: tuple[str, ...], project: ProjectFile | None) -> dict[str, str]:
    """Name -> endpoint: names of dockworthy.yaml, `all` of them, or addresses as they are. Raises UsageError."""
    from ..engine.endpoint import find_endpoint

    known = project.hosts if project is not None else {}
    if "all" in hosts and not known:
        raise UsageError("dockworthy.yaml names no hosts", hint="hosts: {shop: ssh://root@shop}")
    found: dict[str, str] = {}
    for host in hosts:
        named = known if host == "all" else {host: known.get(host, host)}
        found |= {name: find_endpoint(address, os.environ) for name, address in named.items()}
    return found


def only_over_ssh(endpoints: list[str], *, sudo: bool, root: str) -> None:
    """`--sudo` means nothing here, `--root` nothing over there: both are errors, not guesses."""
    over_ssh = [endpoint for endpoint in endpoints if endpoint.startswith("ssh://")]
    if sudo and not over_ssh:
        raise UsageError("--sudo is for --host ssh://…", hint="here, run the whole of it: sudo dockworthy …")
    if over_ssh and root != "/":
        raise UsageError(f"--root is for files of this machine, and {over_ssh[0]} is another")
