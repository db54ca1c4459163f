"""`dockworthy assess`: should we run Docker in production, here?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options
from .difference import earlier_result, show_difference
from .fleet import show_fleet
from .project import level_of, load_project, rules_of
from .show import not_both, show

if TYPE_CHECKING:
    from ..model.levels import Level
    from ..model.policy import ProjectFile
    from ..model.result import Result


@click.command(short_help="Should we run Docker in production, here? The verdict and why.")
@options.level
@options.policy
@options.host
@options.sudo
@click.option(
    "--from", "saved", metavar="FILE", help="Judge a snapshot that `dockworthy facts` saved; - is standard input."
)
@options.root
@options.deadline
@options.probe
@click.option(
    "--diff",
    "earlier",
    metavar="OLD.json",
    help="Show what is worse, better and new since OLD.json, a result (--format json) or a snapshot.",
)
@options.format_of("table", "json", "sarif", "junit", "html", "markdown")
@options.output
@options.by
@options.verbose
@options.quiet
def assess(
    level: str | None,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    saved: str | None,
    root: str,
    deadline: float,
    probe: bool,
    earlier: str | None,
    format_: str,
    output: str | None,
    by: str,
    verbose: bool,
    quiet: bool,
) -> int:
    """Should we run Docker in production, here?

    Reads this host and its engine, judges them, and says why. Nothing of yours is changed (dockworthy keeps a key and
    the disk's growth in its own state folder), no command runs in a container, and nothing leaves this machine. Run it
    as root to let it see everything; what it may not see is named, with the permission that would tell, and never
    counts as good.

    \b
    Examples:
      sudo dockworthy assess                    judge this machine
      dockworthy assess --host ssh://root@shop  another: a shell there is enough
      dockworthy assess --host all              those that dockworthy.yaml names
      dockworthy assess --level baseline        only what can cost the whole host
      dockworthy assess --format html -o r.html a page to read, print and send
      dockworthy assess --format json -o r.json for programs, and for
      dockworthy assess --diff r.json           what became better or worse since
      dockworthy facts -o shop.json             on a host without internet, then
      dockworthy assess --from shop.json        judge it elsewhere
    """
    not_both("-v", "-q", verbose and quiet)
    project = load_project(policy)
    strict = level_of(level, project)
    rules_of(project)  # a mistake in a rule is said before anything is read
    if options.asks_a_fleet(hosts):
        not_both("--from", "several hosts", saved is not None)
        not_both("--diff", "several hosts", earlier is not None)
        fleet = options.fleet_of(hosts, project)
        options.only_over_ssh(list(fleet.values()), sudo=sudo, root=root)
        return show_fleet(
            fleet,
            strict,
            project,
            sudo=sudo,
            probe=probe,
            deadline=deadline,
            format_=format_,
            file=output,
            verbose=verbose,
        )
    old = None if earlier is None else earlier_result(earlier, strict, project, format_=format_)
    if saved is not None:
        not_both("--from", "--host", bool(hosts))
        result = _assess_saved(saved, strict, project)
    else:
        endpoint = options.endpoint_of(hosts, project)
        options.only_over_ssh([endpoint], sudo=sudo, root=root)
        from ..assess import assess as assess_machine

        result = assess_machine(
            endpoint, root=Path(root), level=strict, deadline=deadline, sudo=sudo, probe=probe, project=project
        )
    if old is not None:
        return show_difference(old, result, format_=format_, file=output, verbose=verbose, quiet=quiet)
    return show(result, format_=format_, file=output, verbose=verbose, quiet=quiet, by=by)


def _assess_saved(file: str, level: Level, project: ProjectFile) -> Result:
    from ..assess import assess_snapshot
    from ..facts.saved import load

    return assess_snapshot(load(Path(file)), level=level, project=project)
