"""`dockworthy policy`: what is asked and accepted here, and does it say what the team means?"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from . import options
from .exit_status import ExitStatus
from .output import Content, deliver
from .project import load_project, rules_of
from .show import paper

if TYPE_CHECKING:
    from ..model.policy_tests import PolicyTestsAnswer


@click.group(short_help="Shows and tests your policy.")
def policy() -> None:
    """Shows what your policy asks and accepts, and tests whether it says what you mean.

    A policy is what dockworthy.yaml holds under `policy`: the level, exceptions with a reason and a last day, rules of
    your own, and the policies of other files that it extends.

    \b
    Examples:
      dockworthy policy show               the whole policy, with its places
      dockworthy policy test tests.yaml    judge examples by it
    """


@policy.command(short_help="Judges examples by the policy and compares with what you expect.")
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False))
@options.policy
@options.format_of("table", "json", "junit")
@options.output
def test(files: tuple[str, ...], policy: str | None, format_: str, output: str | None) -> int:
    """Judge examples by the policy, and compare with what you expect.

    FILE is YAML: `policy` (a path from there; without it the nearest dockworthy.yaml above) and `tests`, each with a
    `name`, an example under `compose`, `kubernetes`, `dockerfile`, `marathon`, `titus` or `docker run`, and `expect`:
    for each control fail, pass, unknown, excepted, not_applicable or not_asked. Rules that no test makes fail are
    named. The environment's variables have no values in examples.

    \b
    Examples:
      dockworthy policy test tests.yaml
      dockworthy policy test --format junit -o policy.xml tests/*.yaml
    """
    from ..policy_tests import run_policy_tests

    answer = run_policy_tests([Path(file) for file in files], policy)
    deliver(_tests_in(format_, answer, output), output)
    return ExitStatus.DONE if all(test.is_right for test in answer.tests) else ExitStatus.NOT_WORTHY


def _tests_in(format_: str, answer: PolicyTestsAnswer, output: str | None) -> Content:
    from ..report.policy_tests import policy_tests_json, policy_tests_junit, render_policy_tests

    if format_ == "json":
        return policy_tests_json(answer)
    if format_ == "junit":
        return policy_tests_junit(answer)
    width, colour = paper(output)
    return render_policy_tests(answer, width=width, colour=colour)


@policy.command(short_help="Prints the whole policy, with everything that it extends.")
@options.policy
@options.format_of("table", "json")
@options.output
def show(policy: str | None, format_: str, output: str | None) -> int:
    """The whole policy, after all that it extends: each part with the file and line that says so.

    \b
    Examples:
      dockworthy policy show
      dockworthy policy show --policy ../dockworthy.yaml --format json
    """
    from ..facts.secret_values import hidden
    from ..report.policy_shown import policy_json, render_policy

    project = load_project(policy)
    rules_of(project)  # a policy that can't be used is not shown as one that can
    today = datetime.datetime.now(datetime.UTC).date()
    if format_ == "json":
        deliver(policy_json(project.policy, today=today, hide=hidden), output)
        return ExitStatus.DONE
    width, colour = paper(output)
    deliver(render_policy(project.policy, today=today, width=width, colour=colour, hide=hidden), output)
    return ExitStatus.DONE
