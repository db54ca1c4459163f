"""`dockworthy edge renew`: certificates that end soon, without a deploy; and that by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .. import options
from ..exit_status import ExitStatus
from ..output import deliver, say
from ..show import not_both
from .on_site import endpoint_of_edge, of_a_host, on_site

if TYPE_CHECKING:
    from ...deploy.edge.renewal import Renewed
    from ...engine.site import Site


@click.command(short_help="Renews certificates that expire soon, without cutting connections.")
@click.argument("names", metavar="[NAME]...", nargs=-1)
@click.option(
    "--install", "install_", is_flag=True, help="Let a systemd timer or cron of this machine do it, twice a day."
)
@click.option("--uninstall", "uninstall_", is_flag=True, help="Remove that timer again.")
@click.option("--yes", is_flag=True, help="With --install and --uninstall: do not ask for confirmation.")
@options.only_says
@of_a_host
@options.format_of("table", "json")
@options.output
def renew(
    names: tuple[str, ...],
    install_: bool,
    uninstall_: bool,
    yes: bool,
    dry_run: bool,
    policy: str | None,
    hosts: tuple[str, ...],
    sudo: bool,
    format_: str,
    output: str | None,
) -> int:
    """Renew the certificates of an edge in the last third of their life, thirty days at the most: those of an ACME
    authority and of the host's own. NAME, a host name, or a project with certificates of the host's own authority, is
    renewed whatever is left.

    HAProxy takes them over as it takes new routes: no connection is cut. Then each name is asked for as a client
    would, and where another certificate is shown the one from before is put back. Exit status 1 says that one could
    not be renewed; the others are, and it keeps the one that it has.

    --install has it done twice a day: as root, by the dockworthy that is called now, on this machine, also where
    --host names another. A failure is seen in `dockworthy edge status`.
    """
    endpoint = endpoint_of_edge(hosts, policy, sudo=sudo)
    not_both("--install", "--uninstall", install_ and uninstall_)
    if install_ or uninstall_:
        from .renew_itself import install, uninstall

        not_both("NAME", "--install and --uninstall", bool(names))
        do = install if install_ else uninstall
        return do(endpoint, remote=bool(hosts), sudo=sudo, dry_run=dry_run, yes=yes)
    from ...deploy.edge.renewal import Renewer
    from ...report.edge import failed_in_words, render_renewed
    from ...report.json_text import json_text

    async def work(site: Site) -> Renewed:
        renewer = Renewer(site)
        return await (renewer.look(frozenset(names)) if dry_run else renewer.renew(frozenset(names)))

    if dry_run and format_ != "json":
        say("nothing is changed")
    done = on_site(endpoint, work, sudo=sudo, changes=not dry_run)
    deliver(json_text(done) if format_ == "json" else render_renewed(done, would=dry_run), output)
    for line in failed_in_words(done):  # for whoever gets what cron has to say
        say(line)
    return ExitStatus.NOT_WORTHY if done.failed else ExitStatus.DONE
