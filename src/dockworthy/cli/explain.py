"""`dockworthy explain`: what a control asks, why, and how to satisfy it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from ..errors import UsageError
from . import options
from .exit_status import ExitStatus
from .output import deliver
from .project import level_of, load_project, rules_of
from .show import ids_of_today, paper

if TYPE_CHECKING:
    from ..model.control import Control
    from ..model.policy import ProjectFile
    from ..model.result import Result
    from ..report.decision import ControlDecision


@click.command(short_help="What a control asks, and why a file passed or failed it.")
@click.argument("control", required=False)
@click.argument("paths", metavar="[PATH...]", nargs=-1)
@click.option("--subject", metavar="NAME", default="", help="Only for this service, pod or file.")
@options.level
@options.policy
@options.trust
@options.format_of("table", "json", "markdown")
@options.output
def explain(
    control: str | None,
    paths: tuple[str, ...],
    subject: str,
    level: str | None,
    policy: str | None,
    trust_environment: bool,
    format_: str,
    output: str | None,
) -> int:
    """What a control asks, why, how to satisfy it and at what cost, and which benchmarks ask for it.

    CONTROL is an id as findings show it, also of a rule of your own. The part behind the slash is enough where only one
    control has that name. Without CONTROL every control is listed.

    With PATH: why these files were judged as they were: the value and the line that decided, the level, what the policy
    and its exceptions say about it, and what would change the result.

    \b
    Examples:
      dockworthy explain workload/privileged
      dockworthy explain privileged
      dockworthy explain privileged compose.yaml --subject db
      dockworthy explain custom/own-registry compose.yaml
      dockworthy explain                          every control there is
      dockworthy explain --format json -o c.json  all there is to know of all
    """
    from ..controls.registry import all_controls
    from ..report.explanation import find_control

    checkout = options.checkout_to_judge(paths, trust=trust_environment) if paths else None
    project = load_project(policy, checkout=checkout)
    rules = rules_of(project)
    controls = {**all_controls(), **{rule.id: rule for rule in rules}}
    (control,) = (None,) if control is None else ids_of_today([control])
    try:
        asked = controls if control is None else {control: find_control(control, controls)}
    except UsageError as error:
        if control is None or not os.path.exists(control):
            raise
        files = " ".join((control, *paths))
        hint = f"the control comes first: dockworthy explain CONTROL {files}; `dockworthy check {files}` names them"
        raise UsageError(f"{control} is a file or folder, and no control", hint=hint) from error
    if paths and control is not None:
        from ..check import check

        result = check(
            paths,
            level=level_of(level, project),
            policy=project.policy,
            rules=rules,
            trusted=trust_environment,
            jobs=project.deploy.jobs.services,
        )
        found = decisions_of(asked[control], result, project, subject)
        deliver(_decided(found, format_, paper_=paper(output)), output)
        return ExitStatus.USAGE if result.unread else ExitStatus.DONE
    if subject:
        raise UsageError("--subject is for a decision on files", hint="dockworthy explain CONTROL PATH --subject NAME")
    deliver(_render(asked, format_, as_list=control is None, paper_=paper(output)), output)
    return ExitStatus.DONE


def decisions_of(control: Control, result: Result, project: ProjectFile, subject: str) -> tuple[ControlDecision, ...]:
    """Raises UsageError where nothing of that name was judged, or nothing could be read."""
    from ..report.decision import decisions

    if not result.subjects:
        raise UsageError("; ".join(says for _, says in result.unread))
    return decisions(control, result, project.policy, subject=subject)


def _decided(found: tuple[ControlDecision, ...], format_: str, *, paper_: tuple[int, bool]) -> str | bytes:
    if format_ == "json":
        from ..report.as_json import encode
        from ..report.decision import decision_document

        return encode(decision_document(found))
    if format_ == "markdown":
        raise UsageError("a decision can't be shown as markdown", hint="its formats are table, json")
    from ..report.explain_pages import render_decisions

    return render_decisions(found, width=paper_[0], colour=paper_[1])


def _render(asked: Mapping[str, Control], format_: str, *, as_list: bool, paper_: tuple[int, bool]) -> str | bytes:
    from ..report import explain_pages as pages

    if format_ == "json":
        from ..report.as_json import encode
        from ..report.explanation import explanations_document

        return encode(explanations_document(asked.values()))
    if format_ == "markdown":
        from ..report.control_page import control_page

        return "\n".join(control_page(control) for control in asked.values())
    width, colour = paper_
    if as_list:
        return pages.render_control_list(asked, width=width, colour=colour)
    return "".join(pages.render_explanation(control, width=width, colour=colour) for control in asked.values())
