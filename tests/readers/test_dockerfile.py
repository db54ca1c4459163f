"""What a Dockerfile says, as BuildKit would read it: stages, lines, words, values and where each stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from dockworthy.model.build import ImageBuild, Instruction
from dockworthy.model.field import Set, Unknown, Unset
from dockworthy.readers.dockerfile.build import read_dockerfile


def read(text: str, path: Path | None = None) -> ImageBuild:
    return read_dockerfile(text, "Dockerfile", path=path)


def last(text: str) -> Instruction:
    return read(text).final.instructions[-1]


def values(instruction: Instruction) -> list[Any]:
    return [word.value if isinstance(word, Set) else word for word in instruction.words]


def test_stages_and_who_builds_on_whom() -> None:
    build = read("FROM a:1 AS Base\nUSER 7\nFROM b:2\nRUN x\nFROM base\nCOPY --from=1 /x /y\n")
    assert [(s.index, s.name, s.base_stage, s.first, s.last) for s in build.stages] == [
        (0, "base", None, 1, 2),
        (1, "", None, 3, 4),
        (2, "", 0, 5, 6),
    ]
    assert [stage.index for stage in build.lineage] == [2, 0]
    user = build.effective("USER")
    assert user is not None and values(user) == ["7"]
    assert isinstance(build.base, Set) and build.base.value == "a:1"


def test_arguments_before_from_and_in_a_stage() -> None:
    build = read("ARG V=3.13\nARG W\nFROM python:${V}-slim\nARG V\nARG W\nLABEL v=$V w=$W\n")
    assert isinstance(build.base, Set) and build.base.value == "python:3.13-slim"
    label = build.final.instructions[-1]
    assert isinstance(label.pairs[0].value, Set) and label.pairs[0].value.value == "3.13"
    gap = label.pairs[1].value
    assert isinstance(gap, Unknown) and "ARG W has no value" in gap.reason and "--build-arg W" in gap.tell
    assert isinstance(build.arguments[1].pairs[0].value, Unset)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("$A", "one"),
        ("${A}", "one"),
        ("x${A}y", "xoney"),
        ("${NONE:-two}", "two"),
        ("${NONE-$A}", "one"),
        ("${EMPTY:-three}", "three"),
        ("${EMPTY-three}", ""),
        ("${A:+four}", "four"),
        ("${NONE:+four}", ""),
        ("${A:?must}", "one"),
        ("${NONE:-${ALSO:-deep}}", "deep"),
        ('"$A b"', "one b"),
        ("'$A'", "$A"),
        (r"\$A", "$A"),
        ("$", "$"),
    ],
)
def test_substitution(word: str, expected: str) -> None:
    text = f"FROM scratch\nENV A=one EMPTY=\nARG ALSO\nENV X={word}\n"
    (pair,) = last(text).pairs
    assert isinstance(pair.value, Set) and pair.value.value == expected


def test_a_pattern_that_is_cut_out_is_a_gap() -> None:
    value = last("FROM scratch\nENV A=one\nENV X=${A#o}\n").pairs[0].value
    assert isinstance(value, Unknown)


def test_what_the_base_image_may_set_is_a_gap_but_scratch_sets_nothing() -> None:
    assert isinstance(last("FROM debian:13\nWORKDIR $HOME\n").words[0], Unknown)
    assert values(last("FROM scratch\nWORKDIR /a$HOME\n")) == ["/a"]


def test_env_outlives_its_stage_and_an_arg_with_a_value_follows_it() -> None:
    assert values(last("FROM a:1 AS one\nENV U=7\nFROM one\nARG U\nUSER $U\n")) == ["7"]
    assert values(last("FROM a:1 AS one\nENV U=7\nFROM one\nARG U=8\nUSER $U\n")) == ["8"]


def test_the_builders_own_arguments_are_gaps() -> None:
    build = read("FROM --platform=$BUILDPLATFORM a:1\nARG TARGETARCH\nCOPY x-$TARGETARCH /x\n")
    assert isinstance(build.final.instructions[-1].words[0], Unknown)
    assert build.final.platform == "$BUILDPLATFORM"


def test_continuations_comments_and_blank_lines_inside() -> None:
    run = last("FROM a:1\n\nRUN one && \\\n  # why\n\n  two \\  \n  --three\n")
    assert (run.first, run.last) == (3, 7)
    assert [c.words for c in run.commands] == [("one",), ("two", "--three")]
    place = run.commands[1].source
    assert (place.line, place.column) == (6, 3)


def test_another_escape_and_directives() -> None:
    build = read("# escape=`\n# syntax=docker/dockerfile:1\nFROM mcr.example.com/nanoserver:1\nCOPY a `\n  C:\\b\\\n")
    assert (build.escape, build.syntax) == ("`", "docker/dockerfile:1")
    assert values(build.final.instructions[-1]) == ["a", "C:\\b\\"]


def test_a_directive_behind_a_comment_is_a_comment() -> None:
    assert read("# hello\n# escape=`\nFROM a:1\n").escape == "\\"


def test_heredocs() -> None:
    text = (
        "FROM a:1\nCOPY <<-'ONE' <<TWO /etc/\n\tfirst $A\n\tONE\nsecond\nTWO\nRUN <<EOF\nset -e\nsudo x\nEOF\nUSER 7\n"
    )
    build = read(text)
    copy, run, user = build.final.instructions[1:]
    assert [(h.name, h.first, h.content, h.expands) for h in copy.heredocs] == [
        ("ONE", 3, "first $A", False),
        ("TWO", 5, "second", True),
    ]
    assert values(copy) == ["/etc/"] and (copy.first, copy.last) == (2, 6)
    assert [(c.words, c.source.line) for c in run.commands] == [(("set", "-e"), 8), (("sudo", "x"), 9)]
    assert user.first == 11


def test_a_heredoc_for_another_program_is_no_shell_script() -> None:
    run = last("FROM a:1\nRUN python3 <<EOF\nimport sudo\nEOF\n")
    assert [c.words[0] for c in run.commands] == ["python3"]
    assert last("FROM a:1\nRUN <<EOF\n#!/usr/bin/env perl\nsudo\nEOF\n").commands == ()


def test_flags_and_both_forms() -> None:
    run = last("FROM a:1\nRUN --mount=type=secret,id=x --network=none make\n")
    assert run.flags == (("mount", "type=secret,id=x"), ("network", "none"))
    assert last('FROM a:1\nCMD ["a b", "c"]\n').exec_form == ("a b", "c")
    assert last("FROM a:1\nCMD [ -f x ] && a\n").exec_form is None
    assert values(last('FROM a:1\nCOPY ["a b", "/c/"]\n')) == ["a b", "/c/"]


def test_triggers_do_not_count_for_the_image() -> None:
    build = read("FROM a:1\nONBUILD USER root\n")
    assert build.effective("USER") is None and build.final.instructions[-1].trigger
