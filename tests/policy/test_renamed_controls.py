"""After a rename the old id of a control counts wherever a person or a saved file names it; a retired one says what
replaced it."""

from __future__ import annotations

import datetime
import json
from collections.abc import Sequence

import pytest

from dockworthy.controls.registry import all_controls
from dockworthy.errors import UsageError
from dockworthy.harden.planning import chosen
from dockworthy.model.allowance import Allowance
from dockworthy.model.control_ids import RETIRED
from dockworthy.model.control_index import FORMER
from dockworthy.model.field import Source
from dockworthy.model.policy import Policy, PolicyException
from dockworthy.model.written import Written
from dockworthy.policy.excuses import Excuses
from dockworthy.policy.loosening import policy_change
from dockworthy.report.control_page import control_index, control_page
from dockworthy.report.difference import compare
from dockworthy.report.saved_result import load_result
from policy.projects import Project

OLD, NOW = "workload/no-bounds", "workload/privileged"
OLDEST = "host/boundless"
GONE, GONE_TOO = "workload/lost", "workload/lost-too"
WEB = "services: {web: {image: 'shop:1', privileged: true}}\n"
DAY = datetime.date(2999, 1, 1)
NOTE = f"{OLD} is called {NOW} now; the old id counts all the same"


@pytest.fixture(autouse=True)
def renamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FORMER, OLDEST, NOW)
    monkeypatch.setitem(FORMER, OLD, NOW)
    monkeypatch.setattr(all_controls()[NOW], "aliases", (OLDEST, OLD))
    monkeypatch.setitem(RETIRED, GONE, NOW)
    monkeypatch.setitem(RETIRED, GONE_TOO, "the engine does it by itself since 29.0")


def policy_with(*controls: str, subject: str = "web") -> str:
    entries = "".join(
        f"    - {{control: {each}, subject: {subject}, reason: r, owner: o, expires: {DAY}}}\n" for each in controls
    )
    return f"policy:\n  level: baseline\n  exceptions:\n{entries}"


def outcomes(result: dict[str, list[dict[str, str]]]) -> dict[str, str]:
    return {each["control"]: each["outcome"] for each in result["findings"]}


def checked(project: Project, *arguments: str) -> dict[str, list[dict[str, str]]]:
    result: dict[str, list[dict[str, str]]] = json.loads(project.run("check", "--format", "json", *arguments)[1])
    return result


@pytest.mark.parametrize("old", [OLD, OLDEST])
def test_an_exception_covers_the_control_that_was_renamed(project: Project, old: str) -> None:
    project.write(dockworthy__yaml=policy_with(old), compose__yaml=WEB)
    _, out, _ = project.run("check", "compose.yaml")
    assert " ".join(out.split()).count(f"dockworthy.yaml:4: {old} is called {NOW} now") == 1, out
    assert outcomes(checked(project, "compose.yaml"))[NOW] == "excepted"


def test_one_sentence_for_all_exceptions_of_an_id(project: Project) -> None:
    project.write(dockworthy__yaml=policy_with(OLD, OLD, NOW, OLD), compose__yaml=WEB)
    notes = [note for note in checked(project, "compose.yaml")["notes"] if NOTE in note]
    assert notes == [f"dockworthy.yaml:4 and 2 more: {NOTE}"]


def test_a_comment_covers_it_too(project: Project) -> None:
    comment = f"# dockworthy: allow-file {OLD} until {DAY}: known\n"
    project.write(dockworthy__yaml="policy: {level: baseline}\n", compose__yaml=comment + WEB)
    result = checked(project, "compose.yaml")
    assert outcomes(result)[NOW] == "excepted"
    assert f"compose.yaml:1: {NOTE}" in result["notes"]


@pytest.mark.parametrize(
    ("gone", "says"),
    [(GONE, f"{NOW} has replaced it"), (GONE_TOO, "the engine does it by itself since 29.0")],
)
def test_an_exception_for_a_retired_one_says_what_replaced_it(project: Project, gone: str, says: str) -> None:
    project.write(dockworthy__yaml=policy_with(gone), compose__yaml=WEB)
    result = checked(project, "compose.yaml")
    name = f"dockworthy.yaml:4: the exception for {gone} on web"
    assert f"{name} accepts nothing: there is no control {gone!r} any more: {says}" in result["notes"]
    assert outcomes(result)[NOW] == "fail"
    status, _, err = project.run("explain", gone)
    assert status == 2
    assert f"there is no control {gone!r} any more: {says}" in err
    status, _, short = project.run("explain", gone.partition("/")[2])
    assert (status, says in short) == (2, True)


@pytest.mark.parametrize("asked", [OLD, OLDEST, "no-bounds", "Workload/No_Bounds"])
def test_explain_knows_the_old_id(project: Project, asked: str) -> None:
    status, out, err = project.run("explain", asked, "--format", "json")
    assert status == 0
    assert [each["control"] for each in json.loads(out)["explanations"]] == [NOW]
    assert (f"{asked} is called {NOW} now" in err) is (asked in (OLD, OLDEST))


def test_explain_tells_of_an_exception_under_the_old_id(project: Project) -> None:
    project.write(dockworthy__yaml=policy_with(OLD, subject="db"), compose__yaml=WEB)
    status, out, _ = project.run("explain", NOW, "compose.yaml")
    assert status == 0
    assert f"the exception for {OLD} on db matches no failure" in " ".join(out.split())


def test_fix_makes_the_fixes_of_the_old_id(project: Project) -> None:
    project.write(compose__yaml=WEB)
    status, out, err = project.run("fix", "--all", "--control", OLD, "--format", "json", "--dry-run", "compose.yaml")
    assert {fix["control"] for file in json.loads(out)["files"] for fix in file["made"]} == {NOW}, (status, err)
    assert f"{OLD} is called {NOW} now" in err


def test_policy_tests_expect_by_the_old_id(project: Project) -> None:
    tests = f"tests: [{{name: a, compose: {json.dumps(WEB)}, expect: {{{OLD}: fail}}}}]\n"
    project.write(dockworthy__yaml="policy: {level: baseline}\n", tests__yaml=tests)
    assert project.run("policy", "test", "tests.yaml")[0] == 0
    project.write(tests__yaml=tests.replace(OLD, GONE))
    status, out, _ = project.run("policy", "test", "tests.yaml")
    assert status == 1
    assert f"{NOW} has replaced it" in " ".join(out.split())


def test_policy_show_tells_what_became_of_ids(project: Project) -> None:
    project.write(dockworthy__yaml=policy_with(OLD, GONE, NOW))
    parts = json.loads(project.run("policy", "show", "--format", "json")[1])["parts"]
    says = [part["says"].partition(" on web")[0] for part in parts if part["part"] == "Exceptions"]
    assert says == [f"{OLD} (called {NOW} now)", f"{GONE} (no control any more: {NOW} has replaced it)", NOW]


def saved_before_the_rename(project: Project) -> None:
    project.write(dockworthy__yaml="policy: {level: baseline}\n", compose__yaml=WEB)
    project.run("check", "--format", "json", "-o", "old.json", "compose.yaml")
    file = project.folder / "old.json"
    file.write_text(file.read_text().replace(NOW, OLD))
    assert OLD in file.read_text()


def test_a_baseline_from_before_still_knows_the_failure(project: Project) -> None:
    saved_before_the_rename(project)
    result = checked(project, "--baseline", "old.json", "compose.yaml")
    assert NOW in {each["control"] for each in result["known"]}
    assert NOW not in {each["control"] for each in result["findings"] if each["outcome"] == "fail"}


def test_a_comparison_with_a_result_from_before_finds_no_change(project: Project) -> None:
    saved_before_the_rename(project)
    project.run("check", "--format", "json", "-o", "new.json", "compose.yaml")
    difference = compare(load_result(project.folder / "old.json"), load_result(project.folder / "new.json"))
    assert {way: changes for way, changes in difference.changes.items() if changes} == {}
    assert difference.unchanged > 1


def test_other_programs_know_the_finding_again(project: Project) -> None:
    """By the fingerprint, and in SARIF by the ids that it had before."""
    project.write(dockworthy__yaml="policy: {level: baseline}\n", compose__yaml=WEB)
    (run,) = json.loads(project.run("check", "--format", "sarif", "compose.yaml")[1])["runs"]
    ids = {rule["id"]: rule.get("deprecatedIds") for rule in run["tool"]["driver"]["rules"]}
    assert ids[NOW] == [OLDEST, OLD]
    assert {deprecated for id, deprecated in ids.items() if id != NOW} <= {None} and "deprecatedIds" in str(run)


def test_the_fingerprint_outlives_a_rename(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    project.write(dockworthy__yaml="policy: {level: baseline}\n", compose__yaml=WEB)

    def marks() -> set[str]:
        (run,) = json.loads(project.run("check", "--format", "sarif", "compose.yaml")[1])["runs"]
        return {mark for each in run["results"] for mark in each["partialFingerprints"].values()}

    renamed_twice = marks()
    monkeypatch.delitem(FORMER, OLD)
    assert marks() == renamed_twice, "renamed once"
    monkeypatch.delitem(FORMER, OLDEST)
    monkeypatch.setattr(all_controls()[NOW], "id", OLDEST)
    assert marks() == renamed_twice, "before it was renamed"


def excepting(control: str) -> Policy:
    return Policy(exceptions=(PolicyException(control, "web", "r", "o", DAY),))


@pytest.mark.parametrize(("before", "now"), [(OLD, NOW), (NOW, OLD), (OLDEST, OLD)])
def test_writing_the_id_of_today_loosens_nothing(before: str, now: str) -> None:
    today = datetime.date(2026, 12, 1)
    change = policy_change(excepting(before), excepting(now), file="dockworthy.yaml", since="main", today=today)
    assert change is not None and change.loosened == ()
    change = policy_change(excepting("workload/seccomp"), excepting(now), file="f", since="main", today=today)
    assert change is not None and change.loosened


def test_a_comment_with_the_id_of_today_was_there_before() -> None:
    def allowances(control: str) -> Sequence[Allowance]:
        return [
            Allowance(
                control=control, reason="r", expires=DAY, source=Source("c.yaml", line=1), first=1, last=1, of_file=True
            )
        ]

    excuses = Excuses(str, "main")
    excuses.noted(Written(), allowances(OLD), {}.get)
    _, counting, notes = excuses.weighed(Written(), allowances(NOW), {}.get)
    assert (len(counting), notes) == (1, ())
    assert excuses.weighed(Written(), allowances("workload/seccomp"), {}.get)[1] == ()


def test_harden_says_what_replaced_a_retired_one() -> None:
    with pytest.raises(UsageError, match=f"harden does nothing for '{GONE}': {NOW} has replaced it"):
        chosen([], only=[GONE], skip=[])


def test_harden_takes_the_old_id(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, tuple[str, ...]] = {}

    async def harden(_: object, *, only: tuple[str, ...], skip: tuple[str, ...], **__: object) -> None:
        asked.update(only=only, skip=skip)
        raise UsageError("heard")

    monkeypatch.setattr("dockworthy.harden.story.harden", harden)
    monkeypatch.setitem(FORMER, "engine/stay-up", "engine/live-restore")
    _, _, err = project.run("harden", "--only", "engine/stay-up", "--skip", OLD, "--skip", "host/firewall")
    assert asked == {"only": ("engine/live-restore",), "skip": (NOW, "host/firewall")}
    assert "engine/stay-up is called engine/live-restore now" in err and f"{OLD} is called {NOW} now" in err


def test_the_pages_tell_of_both() -> None:
    control = all_controls()[NOW]
    assert f"| Called before | `{OLDEST}`, `{OLD}` |" in control_page(control)
    page = control_index([control])
    assert f"| `{OLD}` | [{NOW}]({NOW}.md) |" in page.partition("## Renamed")[2].partition("## Retired")[0]
    assert f"| `{GONE}` | [{NOW}]({NOW}.md) |" in page.partition("## Retired")[2]
    assert f"| `{GONE_TOO}` | the engine does it by itself since 29.0 |" in page
