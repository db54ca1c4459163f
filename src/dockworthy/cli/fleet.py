"""Several hosts: judged each by itself, shown with one answer for all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from .exit_status import ExitStatus, status_of_answer
from .formats import now
from .output import Content, deliver
from .show import paper

if TYPE_CHECKING:
    from ..model.fleet import FleetResult
    from ..model.levels import Level
    from ..model.policy import ProjectFile


def show_fleet(
    hosts: Mapping[str, str],
    level: Level,
    project: ProjectFile,
    *,
    sudo: bool,
    probe: bool,
    deadline: float,
    format_: str,
    file: str | None,
    verbose: bool,
) -> ExitStatus:
    """Reads, judges, renders, delivers. `hosts`: name -> endpoint. Raises OutputError."""
    from ..assess import assess_fleet

    fleet = assess_fleet(hosts, level=level, deadline=deadline, sudo=sudo, probe=probe, project=project)
    deliver(_content(fleet, format_, file, verbose=verbose), file)
    return status_of_answer(fleet.verdict.answer)


def _content(fleet: FleetResult, format_: str, file: str | None, *, verbose: bool) -> Content:
    from ..report.fleet import fleet_parts, render_fleet, render_fleet_markdown

    if format_ == "json":
        return fleet_parts(fleet)
    if format_ == "sarif":
        from ..report.sarif import render_fleet_sarif

        return render_fleet_sarif(fleet, everything=verbose)
    if format_ == "junit":
        from ..report.junit import fleet_junit_parts

        return fleet_junit_parts(fleet)
    if format_ == "html":
        from ..report.html import render_fleet_html

        return render_fleet_html(fleet, made=now())
    if format_ == "markdown":
        return render_fleet_markdown(fleet, verbose=verbose)
    width, colour = paper(file)
    return render_fleet(fleet, width=width, colour=colour, verbose=verbose)
