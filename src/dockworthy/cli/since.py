"""`check --changed-since`: what a change makes worse, judged by the policy that it goes to, not by its own."""

from __future__ import annotations

import contextlib
import datetime
import os
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

from msgspec import structs

from ..errors import UnreadableInput, UsageError
from ..input_files import Checkout
from ..model.finding import Finding
from ..model.policy import ProjectFile, UnknownMeans
from ..model.policy_change import PolicyChange
from ..model.result import Result
from ..policy.excuses import Excuses
from ..policy.loosening import policy_change
from ..policy.newcomers import Newcomers
from ..readers.project_file import NAME, find_project_file
from ..readers.repository import EarlierTree, Tree, files_since
from ..verdict.known import set_known_aside
from .project import policy_path, read_project

Judge = Callable[..., Result]


def judged_since(
    ref: str,
    paths: Sequence[str],
    judge_by: Callable[[ProjectFile], Judge],
    *,
    policy: str | None,
    checkout: Checkout | None,
    stdin_name: str,
) -> Result:
    """The result by what fails since this branch and `ref` parted. `judge_by` makes a judge of a policy.

    Raises UsageError where git can't tell what was there, UnreadableInput for a policy that is not understood.
    """
    with files_since(ref, paths, stdin_name=stdin_name, policy=policy) as earlier:
        project, change = _policy(policy, paths, earlier, checkout)
        aside = () if policy is None else tuple(_loosened_aside(policy, paths, earlier, checkout))
        excuses = Excuses(earlier.files.as_now, earlier.says)
        judge = judge_by(project)
        was = _failed_then(earlier, partial(judge, excused=excuses.noted))
        tracked = [os.path.join(earlier.repository, name) for name in earlier.tracked]
        newcomers = Newcomers(was, earlier.says)
        result = judge(paths, excused=excuses.weighed, newcomers=newcomers, policy_change=change, tracked=tracked)
        result = structs.replace(result, notes=(*result.notes, *aside))
        fails = project.policy.unknown is UnknownMeans.FAIL
        return set_known_aside(result, was, of=earlier.says, saved=False, unknown_fails=fails)


def _failed_then(earlier: EarlierTree, judge: Judge) -> list[Finding]:
    tracked = [os.path.join(earlier.files.top, name) for name in earlier.tracked]
    try:
        with contextlib.chdir(earlier.files.folder):
            judged = judge(earlier.paths, checkout=earlier.checkout, tracked=tracked) if earlier.paths else None
    except UsageError:  # nothing that could be judged was there
        judged = None
    return [_as_now(finding, earlier.files.as_now) for finding in judged.findings] if judged is not None else []


def _as_now(finding: Finding, renamed: Callable[[str], str]) -> Finding:
    evidence = tuple(structs.replace(fact, says=renamed(fact.says)) for fact in finding.evidence)
    return structs.replace(finding, subject=renamed(finding.subject), evidence=evidence)


def _policy(
    policy: str | None, paths: Sequence[str], earlier: EarlierTree, checkout: Checkout | None
) -> tuple[ProjectFile, PolicyChange | None]:
    """The policy that counts, and what the change makes of it. One from outside of the repository is as it is."""
    path = policy_path(policy, paths)
    if path is not None and not earlier.holds(path):
        return read_project(path, checkout), None
    file = os.path.relpath(path) if path is not None else ""
    now = read_project(path, checkout) if path is not None else ProjectFile()
    then, then_file = _policy_in(earlier.policy_then, policy, paths)
    there, _ = (
        (then, "") if earlier.policy_there is earlier.policy_then else _policy_in(earlier.policy_there, policy, paths)
    )
    change_from = partial(
        policy_change,
        now=now.policy,
        file=file or then_file or NAME,
        since=earlier.says,
        today=datetime.datetime.now(datetime.UTC).date(),
    )
    change, left = change_from(then.policy), change_from(there.policy)
    if change is not None and (left is None or not left.loosened):  # the base has become as loose meanwhile
        change = structs.replace(change, loosened=())
    return there, change


def _loosened_aside(
    policy: str, paths: Sequence[str], earlier: EarlierTree, checkout: Checkout | None
) -> Iterator[str]:
    """What the change takes from the project's own policy, a sentence each, where `policy` is one from outside of the
    repository: nothing is judged by it here, but a deploy of the project is."""
    own = policy_path(None, paths)
    if earlier.holds(policy) or (own is not None and not earlier.holds(own)):
        return
    try:
        _, change = _policy(None, paths, earlier, checkout)
    except UnreadableInput as error:
        yield f"what the change makes of the project's own policy is not known: {error.says}"
        return
    for each in change.loosened if change is not None else ():
        place = each.source.where if each.source.line is None else f"{each.source.where}:{each.source.line}"
        yield f"{place}: the project's own policy asks less than at {earlier.says}: {each.says} ({policy} counts here)"


def _policy_in(tree: Tree, policy: str | None, paths: Sequence[str]) -> tuple[ProjectFile, str]:
    """The policy that these paths were judged by in that tree, and its file; the empty one where there was none."""
    with contextlib.chdir(tree.folder):
        path = Path(tree.there(policy)) if policy is not None else _found_in(tree, paths)
        if path is None or not os.path.lexists(path):
            return ProjectFile(), ""
        return read_project(path, Checkout((tree.top,))), os.path.relpath(path)


def _found_in(tree: Tree, paths: Sequence[str]) -> Path | None:
    """As `policy_path` finds one; but nothing beside the tree is looked at."""
    inside = Checkout((tree.top,))
    here = find_project_file(Path(tree.folder)) if inside.names(os.path.join(tree.folder, "x")) else None
    if here is not None:
        return here
    places = {Path(tree.folder, tree.there(path)) for path in paths if path != "-"}
    found = {find_project_file(place if place.is_dir() else place.parent) for place in places}
    found = {path if path is not None and inside.names(path) else None for path in found}
    return found.pop() if len(found) == 1 else None
