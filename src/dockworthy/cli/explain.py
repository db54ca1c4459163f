"""`dockworthy explain`: what a control asks, why, and how to satisfy it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from . import options
from .exit_status import ExitStatus
from .output import deliver
from .show import paper

if TYPE_CHECKING:
    from ..model.control import Control


@click.command(short_help="What a control asks, why, how to satisfy it, which benchmarks say so.")
@click.argument("control", required=False)
@options.format_of("table", "json", "markdown")
@options.output
def explain(control: str | None, format_: str, output: str | None) -> int:
    """What a control asks, why, how to satisfy it and at what cost, and which benchmarks ask for it.

    CONTROL is an id as findings show it; without its chapter it will do where only one control has that name.
    Without CONTROL every control is listed.

    \b
    Examples:
      dockworthy explain workload/privileged
      dockworthy explain privileged
      dockworthy explain                          every control there is
      dockworthy explain --format json -o c.json  all there is to know of all
    """
    from ..controls.registry import all_controls
    from ..report.explanation import find_control

    controls = all_controls()
    asked = controls if control is None else {control: find_control(control, controls)}
    deliver(_render(asked, format_, as_list=control is None, paper_=paper(output)), output)
    return ExitStatus.DONE


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
