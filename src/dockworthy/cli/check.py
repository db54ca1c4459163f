"""`dockworthy check`: are these files fit for production?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from . import options
from .project import level_of, load_project, rules_of
from .show import not_both, show

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..model.dialect import Version
    from ..model.policy import Policy, ProjectFile
    from ..model.result import Result

    Judge = Callable[..., Result]


@click.command(short_help="Judges files: Compose, Dockerfile, Kubernetes, Marathon, Titus.")
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@options.level
@options.policy
@click.option(
    "--pss-version",
    metavar="VERSION",
    help="Version of the Pod Security Standards, as v1.34.  [default: the newest that is known; a Namespace's own "
    "label counts where the file has one]",
)
@click.option(
    "--changed-since",
    metavar="REF",
    help="Only what fails since this branch left the commit REF counts; what failed there is known.",
)
@click.option(
    "--baseline",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Only what fails since FILE was saved (by --format json -o FILE) counts; what failed then is known.",
)
@click.option("--no-ignore", is_flag=True, help="In a folder, also judge what Git ignores.")
@click.option(
    "--skip-others",
    is_flag=True,
    help="Skip named files of other kinds without an error: for Git hooks, which name every changed file.",
)
@click.option(
    "--stdin-name",
    metavar="FILE",
    help="The file name of standard input, for an editor's buffer: reports show it, and relative paths begin "
    "in its folder.",
)
@click.option(
    "--render",
    type=click.Choice(["auto", "own"]),
    default="auto",
    show_default=True,
    help="auto: where Compose is installed, `docker compose config` reads Compose files, too, and what it says "
    "counts; own: only dockworthy reads them.",
)
@options.trust
@options.format_of("table", "json", "sarif", "junit", "github", "gitlab", "markdown", "html")
@options.output
@options.by
@options.verbose
@options.quiet
def check(
    paths: tuple[str, ...],
    level: str | None,
    policy: str | None,
    pss_version: str | None,
    changed_since: str | None,
    baseline: str | None,
    no_ignore: bool,
    skip_others: bool,
    stdin_name: str | None,
    render: str,
    trust_environment: bool,
    format_: str,
    output: str | None,
    by: str,
    verbose: bool,
    quiet: bool,
) -> int:
    """Are these files fit for production?

    Judges Compose files, Dockerfiles and Kubernetes manifests; a file is known by its content. A folder is walked,
    - reads standard input. On Kubernetes files the levels baseline and restricted are exactly the Pod Security
    Standards; production adds what production needs beyond them.

    In a folder, files under other names are taken for what they begin with, and what Git ignores is left out. One that
    can't be read is named; the others are judged all the same, and the exit status is 2.

    A Compose file is read as Compose would read it: with its override beside it, with what it extends and includes,
    with anchors, and with variables from .env beside it. The files that COMPOSE_FILE in .env lists are judged, whatever
    they are called. A variable that has no value here leaves unknown what depends
    on it. What the file leaves to the engine is Docker's documented default.

    The files may be somebody else's, as in a pull request: variables of this environment are hidden from them, and what
    depends on one that is set here is unknown, even where the file has a default for it. Nothing outside of their Git
    checkout is read (without Git: of the folder that is named, or of the file's). --trust-environment allows both.

    A setting that nobody wrote is a fact, and can fail a control. What a file can't tell, such as the user of an image,
    is listed as unknown and does not fail the file.

    With --baseline or --changed-since only new failures count. A failure is known if it was there before for the same
    reasons, on whatever line; known failures are counted, shown with -v, and stay in the JSON result.

    With --changed-since a change can't excuse itself: the policy of REF is used, and exceptions in comments count only
    where REF has them. A policy that asks less now is a failure of its own; so is a control that can't be decided any
    more because the change hides a value. --policy FILE from outside of the checkout is used as it is.

    \b
    Examples:
      dockworthy check compose.yaml                     a Compose project
      dockworthy check deploy/                          a folder
      dockworthy check --level restricted pod.yaml      the strict standard alone
      kubectl get pods -A -o yaml | dockworthy check -  what runs now
      dockworthy check -q . || exit 1                   in a pipeline
      dockworthy check --format sarif -o r.sarif .      for code scanning
      dockworthy check --format github .                annotations for GitHub
      dockworthy check --format gitlab -o q.json .      Code Quality of GitLab
      dockworthy check --format junit -o r.xml .        Jenkins, GitLab and others
      dockworthy check --format markdown -o r.md .      for a pull request
      dockworthy check --changed-since main .           what a branch makes worse
    """
    from functools import partial

    from ..check import check as check_files

    not_both("-v", "-q", verbose and quiet)
    not_both("--changed-since", "--baseline", changed_since is not None and baseline is not None)
    checkout = options.checkout_to_judge(paths, trust=trust_environment, stdin_name=stdin_name)
    stdin = _name_of_stdin(stdin_name, paths)
    judging = partial(
        check_files,
        pss_version=_version(pss_version),
        stdin_name=stdin,
        ignoring=not no_ignore,
        skip_others=skip_others,
        edits=format_ == "sarif",
        asking_compose=render == "auto",
        trusted=trust_environment,
    )

    def judge_by(project: ProjectFile) -> Judge:
        rules = rules_of(project)
        jobs = project.deploy.jobs.services
        return partial(judging, level=level_of(level, project), policy=project.policy, rules=rules, jobs=jobs)

    if changed_since is not None:
        from .since import judged_since

        result = judged_since(changed_since, paths, judge_by, policy=policy, checkout=checkout, stdin_name=stdin)
    else:
        project = load_project(policy, judged=paths, checkout=checkout)
        known_before = _known_before(baseline, project.policy)
        result = known_before(judge_by(project)(paths))
    return show(result, format_=format_, file=output, verbose=verbose, quiet=quiet, by=by)


def _known_before(baseline: str | None, policy: Policy) -> Callable[[Result], Result]:
    """What sets aside that which failed before, if anybody asked for it. A baseline is read before files are judged."""
    if baseline is None:
        return lambda result: result
    from ..model.policy import UnknownMeans
    from .known import new_since_saved, saved_result

    fails = policy.unknown is UnknownMeans.FAIL
    saved, file = saved_result(baseline), baseline
    return lambda result: new_since_saved(result, saved, file, unknown_fails=fails)


def _name_of_stdin(name: str | None, paths: tuple[str, ...]) -> str:
    from ..readers.files import STANDARD_INPUT

    if name is not None and "-" not in paths:
        raise UsageError("--stdin-name is for standard input, and no PATH is -")
    return STANDARD_INPUT if name is None else name


def _version(text: str | None) -> Version | None:
    """None is the newest known. Raises UsageError for what is no version, or one that is not known yet."""
    from ..model.dialect import NEWEST_POD_SECURITY_STANDARDS, Version

    if text is None or text == "latest":
        return None
    try:
        version = Version.parse(text)
    except ValueError as error:
        raise UsageError(f"--pss-version {text!r} is no version", hint="write it as v1.34") from error
    if not Version(1, 0) <= version <= NEWEST_POD_SECURITY_STANDARDS:
        raise UsageError(
            f"--pss-version {version} is not known",
            hint=f"known are v1.0 to {NEWEST_POD_SECURITY_STANDARDS}, and latest",
        )
    return version
