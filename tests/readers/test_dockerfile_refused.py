"""What the builder would refuse, what is no Dockerfile at all, and texts made to break a reader."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dockworthy.controls.judging import controls_for
from dockworthy.errors import UnreadableInput
from dockworthy.facts.written_secrets import with_build_secrets_marked
from dockworthy.model.build import ImageBuild
from dockworthy.model.control import Subject
from dockworthy.model.levels import Level
from dockworthy.readers.dockerfile import hadolint, is_dockerfile, may_be_dockerfile
from dockworthy.readers.dockerfile.build import read_dockerfile
from effort import examples

pytestmark = pytest.mark.slow


def read(text: str) -> ImageBuild:
    return read_dockerfile(text, "Dockerfile", path=None)


@pytest.fixture(autouse=True)
def no_hadolint(monkeypatch: pytest.MonkeyPatch) -> None:
    """These tests are about our own reading."""
    monkeypatch.setattr(hadolint, "find_program", lambda: None)


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("", None, "no FROM"),
        ("# only\n", None, "no FROM"),
        ("RUN x\n", 1, "before the first FROM"),
        ("FROM a:1\nFORM b:2\n", 2, "unknown instruction"),
        ("FROM\n", 1, "needs an argument"),
        ("FROM a b\n", 1, "takes an image"),
        ("FROM a AS 1b\n", 1, "takes an image"),
        ("FROM a:1\nRUN <<EOF\nx\n", 2, "never ends"),
        ("FROM a:1\n\nCOPY x\n", 3, "source and a destination"),
        ("FROM a:1\nCMD [1, 2]\n", 2, "texts only"),
        ("FROM a:1\nENV A\n", 2, "no value"),
        ("FROM a:1\nENV A=1 B\n", 2, "without ="),
        ("FROM a:1\nLABEL x=${A\n", 2, "is missing"),
        ("FROM a:1\nONBUILD FROM b\n", 2, "behind ONBUILD"),
        ("FROM a:1\nHEALTHCHECK curl x\n", 2, "CMD"),
        ("FROM a:1\nRUN\n", 2, "needs an argument"),
        ("# escape=x\nFROM a:1\n", 1, "escape"),
        ("# escape=`\n# escape=`\nFROM a:1\n", 2, "twice"),
        ("FROM a:1\nRUN \0\n", 2, "NUL"),
        ("FROM a:1\nRUN " + "x" * 65_536 + "\n", 2, "65535 bytes"),
        ("FROM a:1\n" * 501, 501, "stages"),
        ("#" * 60 + "\n" * (4 * 2**20), None, "larger than"),
    ],
)
def test_what_the_builder_refuses_is_said_with_its_line(text: str, line: int | None, says: str) -> None:
    with pytest.raises(UnreadableInput) as caught:
        read(text)
    assert says in caught.value.problem
    assert caught.value.line == line


def test_another_frontend_may_have_instructions_of_its_own() -> None:
    build = read("# syntax=example.com/other\nFROM a:1\nINCLUDE x\nUSER 7\n")
    assert [i.keyword for i in build.final.instructions] == ["FROM", "USER"]


def test_the_nearest_instruction_is_named() -> None:
    with pytest.raises(UnreadableInput) as caught:
        read("FROM a:1\nENTRYPOINTS x\n")
    assert "did you mean ENTRYPOINT?" in caught.value.problem


@pytest.mark.parametrize(
    ("name", "yes"),
    [
        ("Dockerfile", True),
        ("Dockerfile.web", True),
        ("web.Dockerfile", True),
        ("Containerfile", True),
        ("dockerfile-dev", True),
        ("Dockerfile.dockerignore", False),
        ("Dockerfile.md", False),
        ("Dockerfile.j2", False),
        ("Makefile", False),
    ],
)
def test_names(name: str, yes: bool) -> None:
    assert may_be_dockerfile(name) is yes


@pytest.mark.parametrize(
    ("text", "yes"),
    [
        ("FROM debian:13\n", True),
        ("# syntax=docker/dockerfile:1\n\nARG V=1\nFROM a:$V\n", True),
        ("from --platform=linux/amd64 a AS b\n", True),
        ("FROM a:1 \\\n  AS b\n", True),
        ("From: ann@example.com\n", False),
        ("from os import path\n", False),
        ("services: {}\n", False),
        ("", False),
    ],
)
def test_contents(text: str, yes: bool) -> None:
    assert is_dockerfile(text, "anything") is yes


_PIECES = st.sampled_from(
    "FROM a:1\n~RUN ~COPY ~ADD ~ENV ~ARG ~ONBUILD ~CMD ~SHELL ~USER ~LABEL ~HEALTHCHECK ~<<EOF~EOF\n~\\\n~`~\\~$~${~}"
    '~:-~"~\'~[~]~"]~$(~)~&&~|~;~# c\n~# escape=`\n~--a=b ~=~x~/x ~\n~\t~\r\n~ä~\ufeff~ AS b\n~sudo ~curl x'.split("~")
)


@settings(max_examples=examples(400), deadline=None)
@given(st.lists(_PIECES, max_size=40).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    """With every instruction inside the text, and every command inside its instruction."""
    try:
        build = read(f"FROM a:1\n{text}")
    except UnreadableInput as error:
        assert error.file == "Dockerfile"
        return
    lines = text.count("\n") + 2
    (marked,) = with_build_secrets_marked([build], set())
    for control in controls_for(Subject.BUILD, Level.PRODUCTION):
        assert control.judge_function is not None
        control.judge_function(marked)
    for stage in marked.stages:
        for instruction in stage.instructions:
            assert 1 <= instruction.first <= instruction.last <= lines
            for command in instruction.commands:
                assert command.words and instruction.first <= (command.source.line or 0) <= instruction.last


@settings(max_examples=examples(200), deadline=None)
@given(st.text(max_size=300))
def test_any_characters_at_all(text: str) -> None:
    is_dockerfile(text, "x")
    try:
        read(text)
    except UnreadableInput as error:
        assert error.problem


@pytest.mark.parametrize(
    "text",
    [
        "FROM scratch\nENV A=xxxxxxxxxx\n" + "ENV A=$A$A$A$A\n" * 40,
        "FROM a:1\nRUN " + "$(" * 30_000 + "\n",
        "FROM a:1\nRUN " + "`" * 60_000 + "\n",
        "FROM a:1\nRUN " + "(" * 60_000 + "\n",
        "FROM a:1\nENV A=" + "${A:-" * 10_000 + "\n",
        "FROM a:1\nENV A=" + "${A:+" * 10_000 + "}" * 10_000 + "\n",
        "FROM a:1\nENV A=" + "${" * 30_000 + "\n",
        "FROM a:1\nCMD " + "[" * 60_000 + "\n",
        "FROM a:1\nRUN " + "x \\\n" * 200_000,
        "FROM a:1\nRUN " + "\\ " * 30_000 + "\n",
        "FROM a:1\nRUN " + "a && " * 10_000 + "\n",
        "FROM a:1\nRUN <<EOF\n" + "$(a)\n" * 100_000 + "EOF\n",
        "FROM a:1\nCOPY " + "<<A " * 10_000 + "/x\n",
        "FROM a:1 AS a\n" + "FROM a AS a\nENV X=1\n" * 400,
        "FROM a:1\n" + "USER 1\n" * 100_000,
        "FROM a:1\nRUN " + "'" + "x" * 60_000 + "\n",
        "FROM a:1\nLABEL " + "a=b " * 16_000 + "\n",
    ],
    ids=lambda text: repr(text[9:40]),
)
def test_texts_made_to_take_forever_do_not(text: str) -> None:
    started = time.process_time()
    try:
        (_,) = with_build_secrets_marked([read(text)], set())
    except UnreadableInput:
        pass
    assert time.process_time() - started < 10
