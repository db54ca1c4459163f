"""Files named from the repository's root, wherever the command ran and however a person wrote their names."""

from __future__ import annotations

import msgspec
import pytest
from sample_project import FILE, at, of, project
from samples import PRIVILEGED, assessed

from dockworthy.model.finding import Outcome
from dockworthy.model.fix import Edit, Fix, FixKind
from dockworthy.model.result import Result, SubjectResult
from dockworthy.report.from_root import seen_from


def in_file(name: str) -> Result:
    """One finding in a file that a person called so."""
    subject = f"{name}#web"
    one = of("web", PRIVILEGED, Outcome.FAIL, "so", msgspec.structs.replace(at(4, "x"), where=name))
    one = msgspec.structs.replace(one, subject=subject)
    fix = Fix(control="a", subject=subject, kind=FixKind.SAFE, says="so", edits=(Edit(name, 1, 1, ""),))
    return msgspec.structs.replace(
        project(),
        subjects=(SubjectResult(subject, "service", False, name),),
        findings=(one,),
        known=(one,),
        unread=((name, f"{name}:3: broken"),),
        fixes=(fix,),
        lines={name: {4: "a"}},
    )


@pytest.mark.parametrize(
    ("name", "here", "wanted"),
    [
        (FILE, "/repo", FILE),
        (FILE, "/repo/deploy/prod", f"deploy/prod/{FILE}"),
        (f"./{FILE}", "/repo", FILE),
        (f"/repo/deploy/{FILE}", "/repo", f"deploy/{FILE}"),
        (f"../{FILE}", "/repo/deploy", FILE),
        (f"deploy//./{FILE}", "/repo", f"deploy/{FILE}"),
        (f"/elsewhere/{FILE}", "/repo", f"/elsewhere/{FILE}"),
        (f"../../{FILE}", "/repo/deploy", f"../../{FILE}"),
        (f"/repository/{FILE}", "/repo", f"/repository/{FILE}"),
        ("<stdin>", "/repo/deploy", "<stdin>"),
        ("a#b.yaml", "/repo/deploy", "deploy/a#b.yaml"),
    ],
)
def test_every_name_of_the_file(name: str, here: str, wanted: str) -> None:
    assert seen_from(in_file(name), root="/repo", here=here) == in_file(wanted)


def test_without_a_repository_the_folder_is_the_root() -> None:
    result = project()
    assert seen_from(result, root="/work", here="/work") is result
    assert seen_from(in_file("/x.yaml"), root="/", here="/a") == in_file("x.yaml")


def test_what_is_no_file_keeps_its_name() -> None:
    result = assessed(2)
    assert seen_from(result, root="/etc", here="/etc/docker") is result
