"""The report for people: the answer first, one entry for one fault, nothing that wraps badly or steers a terminal."""

from __future__ import annotations

import msgspec
import pytest
from golden_files import assert_golden
from samples import PRIVILEGED, assessed, checked, finding, privileged, undecided

from dockworthy.model.field import Source
from dockworthy.model.finding import Outcome
from dockworthy.model.levels import Level
from dockworthy.model.result import Answer, Result, SubjectResult, Verdict
from dockworthy.report.terminal import render_terminal, verdict_line

RESULTS = {"assessed": assessed(), "few": assessed(3), "checked": checked(), "undecided": undecided()}
COMMANDS = ("  check  ", "chmod")


def worthy() -> Result:
    passing = finding(PRIVILEGED, "container/web", Outcome.PASS, "no container is privileged", Source("x"))
    verdict = Verdict(Answer.YES)
    subjects = (SubjectResult("container/web", "container", True),)
    return Result(
        command="assess",
        level=Level.BASELINE,
        verdict=verdict,
        subjects=subjects,
        findings=(passing,),
        read=("a host",),
    )


@pytest.mark.parametrize("name", RESULTS)
def test_golden(name: str) -> None:
    assert_golden(f"{name}.txt", render_terminal(RESULTS[name]))


@pytest.mark.parametrize("name", ["few", "checked"])
def test_golden_verbose(name: str) -> None:
    assert_golden(f"{name}-verbose.txt", render_terminal(RESULTS[name], verbose=True))


def test_golden_colour() -> None:
    assert_golden("few-colour.txt", render_terminal(assessed(3), colour=True))


@pytest.mark.parametrize("name", RESULTS)
@pytest.mark.parametrize("width", [50, 80, 132])
def test_no_line_is_wider_than_the_terminal_but_commands_to_copy(name: str, width: int) -> None:
    for line in render_terminal(RESULTS[name], width=width, verbose=True).splitlines():
        assert len(line) <= width or any(command in line for command in COMMANDS), line


def test_the_first_screen_answers() -> None:
    screen = "\n".join(render_terminal(assessed()).splitlines()[:24])
    assert "Nothing was changed" in screen
    assert "Not yet, at level production" in screen
    assert screen.count("critical") == 2
    assert "critical  100 containers are privileged: web-1, web-2, web-3 and 97 more" in screen
    assert "Drop `privileged`; add back" in screen
    assert "What fails: 3 controls" in screen


def test_the_first_screen_answers_whatever_was_found() -> None:
    """Names and reasons as long as they like: the verdict and what matters most stay on the first screen."""
    long = "x" * 5000
    result = assessed()
    many = tuple(msgspec.structs.replace(privileged(f"{long}{n}"), control=f"a/{n}", title=long) for n in range(9))
    verdict = Verdict(Answer.NO, (long,) * 20)
    result = msgspec.structs.replace(result, findings=many, read=(long,) * 9, verdict=verdict)
    screen = "\n".join(render_terminal(result).splitlines()[:24])
    assert "No, at level production" in screen
    assert screen.count("critical") >= 5
    assert "What fails" in render_terminal(result)


def test_a_hundred_containers_with_one_fault_are_one_entry() -> None:
    text = render_terminal(assessed(100))
    assert text.count("workload/privileged") == 1
    assert "web-50" not in text


def test_one_name_more_is_shown_rather_than_counted() -> None:
    text = render_terminal(assessed(4))
    assert "web-1, web-2, web-3, web-4" in text
    assert "and 1 more" not in text


def test_verbose_shows_every_finding_with_its_place() -> None:
    text = render_terminal(assessed(100), width=200, verbose=True)
    for number in range(1, 101):
        assert f"privileged: true [GET /containers/web-{number}/json HostConfig.Privileged]" in text
    assert "restart: unless-stopped" in text  # what passes, too


def test_check_shows_file_and_line() -> None:
    text = render_terminal(checked())
    assert "deploy/web.yaml:12 8 pods are privileged: shop/p12, shop/p7" in text
    assert "deploy/db.yaml:7" in render_terminal(checked(), verbose=True)
    assert "deploy/broken.yaml:3" in text
    assert "1 input could not be read and is not part of this verdict" in text


def test_what_is_unknown_is_never_called_missing() -> None:
    text = render_terminal(undecided(), verbose=True)
    assert "Unknown" in text
    assert "missing" not in text
    assert "what would tell: root, or membership of the docker group" in text


def test_unknowns_nothing_would_tell_come_last() -> None:
    text = render_terminal(undecided())
    assert text.index("root, or read access to /etc/audit") < text.index("nothing that dockworthy knows of")


def test_a_worthy_result_is_short() -> None:
    text = render_terminal(worthy())
    assert "Yes, at level baseline." in text
    assert "What" not in text
    assert len(text.splitlines()) < 10


def test_the_verdict_stands_at_the_end_of_a_long_report() -> None:
    last = render_terminal(assessed()).rstrip().splitlines()[-2:]
    assert last[0].startswith("Not yet, at level production")


def test_quiet_is_the_verdict_in_one_line() -> None:
    assert verdict_line(assessed(2)) == (
        "Not yet, at level production: 2 containers are root on this host; "
        "6 of the engine's files can be changed by anyone.\n"
    )


def test_accepted_risks_name_their_owner_and_end() -> None:
    assert "is replaced in spring (ops@example.com, until 2027-03-01)" in render_terminal(assessed(1))


def test_no_escape_sequence_without_colour() -> None:
    assert "\x1b" not in render_terminal(assessed(), verbose=True)


HOSTILE = [
    "\x1b[2Jgone",
    "a\nYes, at level production",
    "a\rb",
    "[red]markup[/red]",
    "\u202eesrever",
    "b\udcffyte",
    "\x9b31m",
    "\u2028line",
    "\x00",
]


@pytest.mark.parametrize("colour", [False, True])
@pytest.mark.parametrize("name", HOSTILE)
def test_names_from_users_objects_are_shown_and_do_nothing(name: str, colour: bool) -> None:
    result = msgspec.structs.replace(assessed(1), findings=(privileged(name),), read=(name,), unread=((name, name),))
    plain = render_terminal(assessed(1), verbose=True, colour=colour)
    text = render_terminal(result, verbose=True, colour=colour)
    text.encode("utf-8")
    lines = text.replace("\x1b[", "").split("\n") if colour else text.split("\n")
    assert all(line.isprintable() for line in lines), text
    assert "Yes, at level production" not in [line.strip() for line in lines]
    assert ("\x1b[2J" in text) is False
    assert "[red]markup[/red]" in text or "red" not in name
    assert plain  # the sample itself renders


def test_wide_characters_keep_to_the_width() -> None:
    from rich.cells import cell_len

    result = msgspec.structs.replace(assessed(1), findings=(privileged("港" * 50),))
    for line in render_terminal(result).splitlines():
        assert cell_len(line) <= 80 or "docker inspect" in line


def test_a_finding_without_evidence_is_shown() -> None:
    bare = msgspec.structs.replace(privileged("web"), evidence=())
    for result in (assessed(1), checked()):
        bared = msgspec.structs.replace(result, findings=(bare,))
        assert "1 container is privileged: web" in render_terminal(bared)
        assert "no fact was recorded" in render_terminal(bared, verbose=True)


def test_one_way_to_know_is_said_once_with_all_that_it_decides() -> None:
    text = render_terminal(undecided())
    assert "Unknown: 4 findings of 4 controls; what would tell" in text
    assert text.rpartition("Unknown: 4")[2].count("- root, or membership of the docker group") == 1


def test_no_heading_without_a_thing_below_it() -> None:
    """Nothing could be read: there are no findings, and so nothing that would tell more."""
    unread = (("a.yaml", "a.yaml:1: not YAML"),)
    text = render_terminal(msgspec.structs.replace(undecided(), findings=(), unread=unread))
    assert "What would tell" not in text
    assert "a.yaml:1: not YAML" in text


def test_why_an_input_was_not_read_is_told_once_and_whole() -> None:
    why = "a.yaml:1: the document is " + "neither this nor that " * 20 + "but another thing"
    verdict = Verdict(Answer.UNDECIDED, (f"could not be judged: {why}",))
    result = msgspec.structs.replace(checked(), findings=(), subjects=(), verdict=verdict, unread=(("a.yaml", why),))
    text = render_terminal(result)
    assert "could not be judged: a.yaml.\n" in text
    assert " ..." not in text
    assert text.count("another thing") == 1


@pytest.mark.parametrize("name", ["web", "a-service-with-a-very-long-name-indeed-which-goes-on"])
def test_long_paths_leave_the_columns_of_the_subjects_alone(name: str) -> None:
    files = [f"deployments/of/the/whole/company/team-{n}/docker-compose.yaml" for n in range(3)]
    found = tuple(
        finding(PRIVILEGED, f"{file}#{name}", Outcome.FAIL, "privileged: true", Source(file, line=3)) for file in files
    )
    lines = render_terminal(msgspec.structs.replace(checked(), findings=found)).splitlines()
    head = next(number for number, line in enumerate(lines) if line.endswith("unknown  On"))
    rows = lines[head + 1 : head + 4]
    assert all(row.index("1") == lines[head].index("critical") + len("critical") - 1 for row in rows)
    assert all(len(row) <= 80 for row in rows)
    if name == "web":
        assert all(f"team-{n}/docker-compose.yaml)" in row for n, row in enumerate(rows)), "what tells them apart"
