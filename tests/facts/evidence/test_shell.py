"""Shell text as commands: what cron tables, scripts and units say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.facts.evidence.commands import output_of, told, unwrapped
from dockworthy.facts.evidence.shell import pipelines, words_of


def commands(text: str) -> list[list[tuple[str, ...]]]:
    return [list(pipeline.commands) for pipeline in pipelines(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("pg_dump shop | gzip > /b/x.gz", [[("pg_dump", "shop"), ("gzip", ">", "/b/x.gz")]]),
        ("a && b || c; d & e", [[("a",)], [("b",)], [("c",)], [("d",)], [("e",)]]),
        ("a 'x | y' \"z; $(b | c)\"", [[("a", "x | y", "z; $(b | c)")]]),
        ("if ! pg_dump x; then mail; fi", [[("pg_dump", "x")], [("mail",)]]),
        ("restic \\\n  backup /srv", [[("restic", "backup", "/srv")]]),
        ("a # b | c\nd", [[("a",)], [("d",)]]),
        ("cat <<END | b\npg_dump | c\nEND\nd", [[("cat",), ("b",)], [("d",)]]),
        ("a 2>/dev/null >x", [[("a", "2>", "/dev/null", ">", "x")]]),
        ("echo $(date +%F)/x", [[("echo", "$(date +%F)/x")]]),
        ("a |& b", [[("a",), ("b",)]]),
        ("a |", [[("a",)]]),
        ("a |\n\n  b", [[("a",), ("b",)]]),
        ("echo it\\'s", [[("echo", "it's")]]),
        ("a 'never ends", [[("a", "never ends")]]),
        ("", []),
    ],
)
def test_pipelines(text: str, expected: list[list[tuple[str, ...]]]) -> None:
    assert commands(text) == expected


def test_lines_are_those_of_the_file() -> None:
    text = "#!/bin/sh\n\n# x\npg_dump \\\n  a |\n gzip\n\nrestic backup\n"
    assert [(len(pipeline.commands), pipeline.line) for pipeline in pipelines(text)] == [(2, 4), (1, 8)]


def test_systemd_reads_no_operators() -> None:
    expected = ("/bin/sh", "-c", "pg_dump | gzip > /x", "a b", "|")
    assert words_of("/bin/sh -c 'pg_dump | gzip > /x' \"a b\" |") == expected


@pytest.mark.parametrize(
    ("line", "expected", "inside"),
    [
        ("sudo -u postgres pg_dump shop", ("pg_dump", "shop"), False),
        ("nice -n 19 ionice -c3 restic backup /srv", ("restic", "backup", "/srv"), False),
        ("timeout 3600 flock -n /run/l restic backup", ("restic", "backup"), False),
        ("env A=1 restic backup", ("restic", "backup"), False),
        ("su - postgres -c 'pg_dump shop'", ("sh", "-c", "pg_dump shop"), False),
        ("docker exec -i -u postgres db pg_dump shop", ("pg_dump", "shop"), True),
        ("docker compose -f /srv/c.yaml exec -T db pg_dump shop", ("pg_dump", "shop"), True),
        ("docker run --rm -v /srv:/r restic/restic:0.18 -r /r backup /x", ("restic", "-r", "/r", "backup", "/x"), True),
        ("docker restart db", ("docker", "restart", "db"), False),
        ("sudo", (), False),
    ],
)
def test_what_only_starts_a_command_is_taken_off(line: str, expected: tuple[str, ...], inside: bool) -> None:
    assert unwrapped(words_of(line)) == (expected, inside)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("bash -c 'a | b'", ("a | b", "")),
        ("bash -o pipefail -c 'a | b'", ("a | b", "")),
        ("bash -euo pipefail -c 'a | b'", ("a | b", "")),
        ("bash -euo pipefail /opt/x.sh", ("", "/opt/x.sh")),
        ("sh -x /opt/x.sh now", ("", "/opt/x.sh")),
        ("sh relative.sh", ("", "")),
        ("sh", ("", "")),
    ],
)
def test_what_a_shell_is_told(line: str, expected: tuple[str, str]) -> None:
    assert told(words_of(line)) == expected


def test_where_output_goes() -> None:
    (pipeline,) = pipelines("mysqldump a 2>/err >/b/x")
    assert output_of(pipeline.commands[0]) == (("mysqldump", "a"), "/b/x")


@given(st.text(alphabet="ab |&;<>()$`'\"\\\n#{}=-2", max_size=80))
def test_no_text_trips_the_reader(text: str) -> None:
    for pipeline in pipelines(text):
        assert 1 <= pipeline.line <= text.count("\n") + 1
        assert all(command for command in pipeline.commands)
        for command in pipeline.commands:
            words, _ = output_of(command)
            unwrapped(words)
            if words:
                told(words)
    words_of(text)


@given(st.lists(st.text(alphabet="abcxyz/.-_", min_size=1, max_size=8), min_size=1, max_size=6))
def test_plain_words_come_back(words: list[str]) -> None:
    assert words_of(" ".join(words)) == tuple(words)
    quoted = " ".join(f"'{word}'" for word in words)
    assert commands(f"x {quoted}") == [[("x", *words)]]
