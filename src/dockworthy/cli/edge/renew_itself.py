"""`dockworthy edge renew --install` and `--uninstall`: who renews certificates when nobody thinks of it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from ..agreeing import agreed
from ..exit_status import ExitStatus
from ..output import say
from ..timed import must_be_root, own_command
from .on_site import on_site

if TYPE_CHECKING:
    from ...engine.site import Site
    from ...host_timer import HostTimer

_PASSED = ("DOCKWORTHY_STATE", "DOCKER_HOST")


def install(endpoint: str, *, remote: bool, sudo: bool, dry_run: bool, yes: bool) -> int:
    """Raises UsageError where it can't be, or nobody is there to agree."""
    from ...deploy.edge.renewal_records import remember_who

    _must_be_root()
    which = endpoint if remote else ""
    timer = _timer(which)
    environment = {name: os.environ[name] for name in _PASSED if os.environ.get(name) and not remote}
    files = timer.files(_command(which, sudo=sudo), environment)
    if timer.has(files):
        say(f"{timer.says} renews them already: nothing to do")
        return ExitStatus.DONE
    lines = [
        line for path, text in files.items() for line in (f"{path}:", *(f"  {each}" for each in text.splitlines()))
    ]
    if not agreed(f"Certificates are renewed twice a day, by {timer.says}", lines, dry_run=dry_run, yes=yes):
        return ExitStatus.DONE if dry_run else ExitStatus.NOT_WORTHY

    async def do(site: Site) -> None:  # a host that can't be reached is told before anything is written
        timer.install(files)
        await remember_who(site, timer.says)

    on_site(endpoint, do, sudo=sudo, changes=True)
    say("done; `dockworthy edge status` says when it was last seen, and what failed")
    return ExitStatus.DONE


def uninstall(endpoint: str, *, remote: bool, sudo: bool, dry_run: bool, yes: bool) -> int:
    """Raises what `install` raises."""
    from ...deploy.edge.renewal_records import remember_who

    _must_be_root()
    timer = _timer(endpoint if remote else "")
    if not (there := timer.installed()):
        say("nothing renews certificates by itself here: nothing to do")
        return ExitStatus.DONE
    if not agreed("Certificates are renewed no more", (f"removes {path}" for path in there), dry_run=dry_run, yes=yes):
        return ExitStatus.DONE if dry_run else ExitStatus.NOT_WORTHY

    async def do(site: Site) -> None:
        timer.uninstall()
        await remember_who(site, "")

    on_site(endpoint, do, sudo=sudo, changes=True)
    return ExitStatus.DONE


def _timer(which: str) -> HostTimer:
    from ...deploy.edge.timer import renewal_timer

    return renewal_timer(which)


def _command(which: str, *, sudo: bool) -> tuple[str, ...]:
    host = ("--host", which) if which else ()
    return own_command("edge", "renew", *host, *(("--sudo",) if sudo else ()))


def _must_be_root() -> None:
    must_be_root("sudo dockworthy edge renew --install; or call `dockworthy edge renew` twice a day by what you have")
