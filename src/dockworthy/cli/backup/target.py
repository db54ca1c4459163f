"""`dockworthy backup target`: another host keeps the backups, and this one can only add to them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from ...errors import UsageError
from .. import options
from ..agreeing import agreed
from ..exit_status import ExitStatus
from ..output import say
from ..project import load_project

if TYPE_CHECKING:
    from ...backup.target.story import TargetAsked
    from ...model.policy import ProjectFile


@click.command(short_help="Prepares another host as an append-only store.")
@click.argument("target", metavar="ssh://USER@HOST")
@click.option(
    "--path", metavar="DIR", default="/srv/backups", show_default=True, help="The folder of all stores over there."
)
@click.option("--name", metavar="NAME", default="", help="Of this host's store there.  [default: this host's name]")
@click.option(
    "--address",
    metavar="HOST[:PORT]",
    default="",
    help="Where the backed-up host finds the other one.  [default: HOST, as it stands there]",
)
@click.option(
    "--no-prune", is_flag=True, help="The other host is not given the backups' key, and removes no old backups."
)
@click.option("--replace", is_flag=True, help="Let this host in instead of the one that had that name until now.")
@click.option("--remove", is_flag=True, help="Take the access away again; what was saved stays there.")
@options.yes
@options.only_says
@options.policy
@options.host
@options.sudo
def target(
    target: str,
    path: str,
    name: str,
    address: str,
    no_prune: bool,
    replace: bool,
    remove: bool,
    yes: bool,
    dry_run: bool,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
) -> int:
    """Prepares another host to keep this host's backups, so that root on this host can add to them and read them, but
    can't remove or change what is there: whoever breaks in here can't take the backups with them.

    It goes over ssh, and needs no port beside. On the other host (Debian or Ubuntu; root, or --sudo, is needed there
    once) it makes a user for this host alone, whose key is let in to `rclone serve restic --append-only` and nothing
    else. Once a day the other host itself removes what `backup.keep` lets go, by the time at which backups arrived
    there; for that it is given their key (--no-prune: it is not).

    The plan comes first. At the end everything that must be refused is tried; where anything is not, all of it is taken
    back. Run again, it does what is left to do, or changed in dockworthy.yaml. Several hosts can share one target.

    \b
    Examples:
      sudo dockworthy backup target ssh://root@vault --dry-run
      sudo dockworthy backup target ssh://root@vault
      dockworthy backup target ssh://root@vault --host ssh://root@shop
      sudo dockworthy backup target ssh://root@vault --remove
    """
    from ...backup.target.story import prepare_target, remove_target, told
    from ...interruption import run_to_its_end

    project = load_project(policy)
    asked = _asked(project, target, path, name, address, hosts, prune=not no_prune, replace=replace, sudo=sudo)
    agree = partial(_agreed, dry_run=dry_run, yes=yes)
    if remove:
        done = run_to_its_end(remove_target(asked, agree=agree, say=say))
        return ExitStatus.DONE if done or dry_run else ExitStatus.NOT_WORTHY
    store = run_to_its_end(prepare_target(asked, agree=agree, say=say))
    if store is None:
        return ExitStatus.DONE if dry_run else ExitStatus.NOT_WORTHY
    if store.written not in project.backup.to:
        say(f"in dockworthy.yaml: {told(store)}")
    return ExitStatus.DONE


def _agreed(title: str, steps: list[str], *, dry_run: bool, yes: bool) -> bool:
    return agreed(title, (f"- {step}" for step in steps), dry_run=dry_run, yes=yes)


def _asked(
    project: ProjectFile,
    target: str,
    path: str,
    name: str,
    address: str,
    hosts: tuple[str, ...],
    *,
    prune: bool,
    replace: bool,
    sudo: bool,
) -> TargetAsked:
    """Raises UsageError."""
    from ...backup.repository_place import StorePlace, store_place
    from ...backup.target.story import TargetAsked, store_name
    from ...engine.ssh.address import is_ssh, ssh_address

    if not is_ssh(target):
        raise UsageError(f"{target}: the other host is reached over ssh", hint="ssh://root@HOST")
    there = ssh_address(target)
    at = ssh_address(f"ssh://{address}") if address else there
    if name and name != store_name(name):
        raise UsageError(f"--name {name}: a store's name has up to 20 letters of a-z, 0-9 and -")
    store_place(StorePlace("backup-x", at.host, f"{path.rstrip('/')}/x", at.port or 22).written)
    endpoint = options.endpoint_of(hosts, project)
    return TargetAsked(
        endpoint=endpoint,
        target=there,
        path=path,
        key=project.backup.key,
        keep=project.backup.keep,
        name=name,
        reached_at=(at.host, at.port or 22),
        pruned=prune,
        replace=replace,
        sudo=sudo,
    )
