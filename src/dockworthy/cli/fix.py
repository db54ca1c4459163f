"""`dockworthy fix`: repair files in place, and nothing else in them."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from . import options
from .exit_status import ExitStatus
from .fix_asked import asked_for, told_by_engine
from .fix_verify import needs_verify, proven, verify_options
from .output import deliver, say
from .project import level_of, load_project
from .show import not_both, paper

if TYPE_CHECKING:
    from ..model.repair import Repair
    from ..repair import RepairOptions


@click.command(short_help="Repairs files in place; comments and layout stay.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@click.option("--diff", is_flag=True, help="Show what would change, as a unified diff; write nothing.")
@click.option("--dry-run", is_flag=True, help="Show the plan; write nothing.")
@click.option(
    "--all", "everything", is_flag=True, help="Also make fixes that are not proven: they can stop a service or a build."
)
@click.option("--control", "controls", metavar="ID", multiple=True, help="Only fixes of this control (repeatable).")
@click.option("--undo", is_flag=True, help="Put back what the files said before dockworthy changed them last.")
@options.yes
@click.option(
    "--engine",
    is_flag=True,
    help="Ask the engine (of --host, else the one that `docker ps` asks) which digests its images have, and where logs "
    "go by default: fixes that need to know it are then safe.",
)
@verify_options
@options.host
@options.level
@options.policy
@options.trust
@options.format_of("table", "json")
@options.output
@options.verbose
def fix(
    paths: tuple[str, ...],
    diff: bool,
    dry_run: bool,
    everything: bool,
    controls: tuple[str, ...],
    undo: bool,
    yes: bool,
    engine: bool,
    verify: bool,
    probes: tuple[str, ...],
    hand_in: tuple[str, ...],
    pull: bool,
    within: float,
    hosts: tuple[str, ...],
    level: str | None,
    policy: str | None,
    trust_environment: bool,
    format_: str,
    output: str | None,
    verbose: bool,
) -> int:
    """Repairs files in place: only lines that must change are changed; comments, order, quotes and anchors stay.

    What `check` finds in Compose files and Dockerfiles is repaired where there is an exact repair. Without options only
    safe fixes are made: nothing that works stops working by them. The others must be proven first: each says what it
    might break, and --all makes them, too. After a fix in a Compose file the next `docker compose up` recreates the
    container; after one in a Dockerfile the image must be built again. What a comment for hadolint ignores is left as
    it is, and so is a RUN instruction with `if` or loops that a repair would have to understand: its line is named.

    --verify proves them: the services are started on the engine as a copy of their own, in networks that lead nowhere,
    with fresh volumes, copies of what they bind, and stand-ins for secrets; the running project is not touched. Then
    each is made tighter (capabilities, user, read-only root, limits from what it used) as long as it still starts,
    passes its health check, listens and answers each --probe. What works is written; what does not is named, with the
    line of the log that shows why, if there is one. All that was made is removed, also after ^C; after SIGKILL by the
    next run. Exit status 16: a service does not start even unchanged, so nothing is proven or written.

    On a terminal the plan is shown and you are asked. A file is written whole or not at all, with its mode and owner,
    and judged again; the old one is kept in dockworthy's state folder (for root /var/lib/dockworthy/fixed, else below
    ~/.local/state). A second run changes nothing. - reads standard input and writes the repaired text to standard
    output. What the policy accepts by an exception is left as it is.

    --all also moves passwords out of `environment` into files below `secrets/` (mode 600, ignored by Git) for images
    that are known to read them there: PostgreSQL, MySQL, MariaDB, MongoDB, WordPress, Nextcloud, Grafana, Gitea. For
    each password that stays it says why. Values are shown nowhere; change the passwords afterwards, for they were
    readable. --verify moves none; run after --all, it proves that the services come up with the files.

    --undo puts back what each file said before, in all files or in none: if one was changed since, it refuses and says
    where the old content is. A folder stands for all files in it that dockworthy changed. Undoing twice changes nothing
    more.

    Exit status 1 says that a fix which was asked for could not be made.

    \b
    Examples:
      dockworthy fix compose.yaml --diff            what would change
      dockworthy fix compose.yaml                   safe fixes
      dockworthy fix --diff Dockerfile              a Dockerfile likewise
      dockworthy fix --all --dry-run .              all, and what it might break
      dockworthy fix --engine compose.yaml          digests of images, too
      dockworthy fix --verify --probe http://localhost:8080/ compose.yaml
      dockworthy fix --all --control privileged .   one control alone
      dockworthy fix --undo --dry-run .             what could be put back
      dockworthy fix - <compose.yaml >fixed.yaml    as a filter
    """
    from ..repair import plan_repair

    not_both("--diff", "--dry-run", diff and dry_run)
    not_both("--diff", "--format json", diff and format_ == "json")
    if undo:
        from .fix_undo import undo as undo_changes

        others = {"--all": everything, "--control": controls, "--verify": verify, "--engine": engine, "--host": hosts}
        for name, given in others.items():
            not_both("--undo", name, bool(given))
        return undo_changes(paths, dry_run=dry_run, diff=diff, yes=yes, format_=format_, output=output)
    not_both("--verify", "--all", verify and everything)
    not_both("--verify", "--control", verify and bool(controls))
    needs_verify(verify, {"--probe": bool(probes), "--hand-in": bool(hand_in), "--pull": pull})
    if hosts and not (engine or verify):
        raise UsageError("--host goes with --engine or --verify", hint="without them no engine is asked")
    if verify and "-" in paths:
        raise UsageError("--verify needs the file where it lies: its paths lead from there", hint="name the file")
    trusted = trust_environment or verify  # what is started here may as well be read as it will be started
    project = load_project(policy, judged=paths, checkout=options.checkout_to_judge(paths, trust=trusted))
    known = told_by_engine(hosts, project) if engine or verify else None
    asked = asked_for(
        everything or verify, controls, level_of(level, project), project, known, trusted=trusted,
        may_add_files=not verify,
    )  # fmt: skip
    repair = plan_repair(paths, asked)
    if verify:
        repair = proven(
            repair, asked, project, hosts=hosts, probes=probes, hand_in=hand_in, pull=pull, within=within
        )  # fmt: skip
    if "-" in paths:
        return _as_filter(repair, paths, diff=diff or dry_run, output=output)
    if diff:
        deliver(_diff(repair), output)
        _say_of(repair)
        return _status(repair)
    if not dry_run and repair.changed:
        _show_and_ask(repair, yes=yes)
        repair = _written(repair, asked)
    deliver(_content(repair, format_, output, verbose=verbose), output)
    return _status(repair)


def _as_filter(repair: Repair, paths: tuple[str, ...], *, diff: bool, output: str | None) -> int:
    if len(paths) > 1:
        raise UsageError("standard input is repaired alone", hint="name files, or -")
    for _, why in repair.unread:
        say(f"dockworthy: {why}")
    if repair.unread:
        return ExitStatus.USAGE  # nothing goes to standard output: half a file would look like a whole one
    deliver(_diff(repair) if diff else repair.files[0].new, output)
    _say_of(repair)
    return _status(repair)


def _diff(repair: Repair) -> str:
    from ..fix.diff import shown_diff

    return "".join(shown_diff(file) for file in repair.changed)


def _say_of(repair: Repair) -> None:
    """What a diff does not show, for the person who reads it."""
    from ..report.repair import summary

    for file in repair.files:
        for note in file.notes:
            say(note)
        for refused in file.verified.refused if file.verified is not None else ():
            say(f"{refused.service} does not work with it: {refused.says}: {refused.why}: {refused.log}".rstrip(": "))
        for left in file.not_made:
            say(f"{left.why} ({left.fix.control}){f'; {left.hint}' if left.hint else ''}")
    for name, why in repair.unread:
        say(f"{name} can't be read: {why}")
    say(summary(repair))


def _show_and_ask(repair: Repair, *, yes: bool) -> None:
    """The plan goes to the person before anything is written. Raises UsageError where the answer is no."""
    from ..report.repair import render_repair

    if yes or not sys.stdin.isatty():
        return
    for line in render_repair(repair, width=80, colour=False).splitlines():
        say(line)
    if not click.confirm("Write it?", err=True):
        raise UsageError("nothing was written")


def _written(repair: Repair, asked: RepairOptions) -> Repair:
    from ..repair import write_repair

    return write_repair(repair, asked, told=lambda file: say(f"{file.file}: written; as it was before: {file.kept_at}"))


def _content(repair: Repair, format_: str, output: str | None, *, verbose: bool) -> str | bytes:
    from ..report.repair import render_repair, repair_json

    if format_ == "json":
        return repair_json(repair)
    width, colour = paper(output)
    return render_repair(repair, width=width, colour=colour, verbose=verbose)


def _status(repair: Repair) -> int:
    if repair.unread:
        return ExitStatus.USAGE
    return ExitStatus.DONE if repair.complete else ExitStatus.NOT_WORTHY
