"""Formats for programs and for pages: each renderer is imported where it is asked for.

In what other programs read, a file's name begins at the repository's root, wherever the command ran.
"""

from __future__ import annotations

import datetime
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from .output import Content

if TYPE_CHECKING:
    from ..model.result import Result


def content_in(format_: str, result: Result, *, verbose: bool) -> Content:
    """The result in one of `FORMATS`. `verbose` adds what a format leaves out where nobody asks for it."""
    return FORMATS[format_](result, verbose)


def now() -> str:
    """When a report is made, as RFC 3339."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def repository_root(folder: str) -> str:
    """The nearest folder, here or above, that holds a repository; `folder` itself where there is none."""
    here = Path(folder)
    return next((str(place) for place in (here, *here.parents) if (place / ".git").exists()), folder)


def links_from(environ: Mapping[str, str]) -> str:
    """What makes the address of a file's line of its name: known in a pipeline of GitHub or GitLab, `""` elsewhere."""
    from urllib.parse import quote

    server, repository, commit = (environ.get(f"GITHUB_{key}", "") for key in ("SERVER_URL", "REPOSITORY", "SHA"))
    if server.startswith("https://") and repository and commit:
        return f"{server}/{quote(repository)}/blob/{quote(commit)}/"
    project, commit = environ.get("CI_PROJECT_URL", ""), environ.get("CI_COMMIT_SHA", "")
    if project.startswith("https://") and commit:
        return f"{quote(project, safe=':/')}/-/blob/{quote(commit)}/"
    return ""


def _in_repository(result: Result) -> Result:
    if result.command != "check":
        return result
    from ..report.from_root import seen_from

    here = os.getcwd()
    return seen_from(result, root=repository_root(here), here=here)


def _json(result: Result, verbose: bool) -> Content:
    from ..report.as_json import json_parts

    return json_parts(result)


def _sarif(result: Result, verbose: bool) -> Content:
    from ..report.sarif import render_sarif

    return render_sarif(_in_repository(result), everything=verbose)


def _junit(result: Result, verbose: bool) -> Content:
    from ..report.junit import junit_parts

    return junit_parts(_in_repository(result))


def _github(result: Result, verbose: bool) -> Content:
    from ..report.annotations import render_github

    return render_github(_in_repository(result))


def _gitlab(result: Result, verbose: bool) -> Content:
    from ..report.code_quality import render_gitlab

    return render_gitlab(_in_repository(result))


def _html(result: Result, verbose: bool) -> Content:
    from ..report.html import render_html

    return render_html(result, made=now())


def _markdown(result: Result, verbose: bool) -> Content:
    if result.command == "check":
        from ..report.comment import render_comment

        return render_comment(_in_repository(result), verbose=verbose, links=links_from(os.environ))
    from ..report.as_markdown import render_markdown

    return render_markdown(result, verbose=verbose)


FORMATS: Mapping[str, Callable[[Result, bool], Content]] = {
    "json": _json,
    "sarif": _sarif,
    "junit": _junit,
    "github": _github,
    "gitlab": _gitlab,
    "html": _html,
    "markdown": _markdown,
}
