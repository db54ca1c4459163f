"""What becomes of a Dockerfile's lines: the text before and after, whatever the layout, and what is left alone."""

from __future__ import annotations

import pytest

from fix.build_repairs import repaired

LISTS = "rm -rf /var/lib/apt/lists/*"

CHANGED = {
    "flags stand behind the word that they belong to": (
        "FROM debian:13\nRUN apt-get update \\\n  && apt-get install \\\n     curl \\\n     # tools\n     git\n",
        "FROM debian:13\nRUN apt-get update \\\n  && apt-get install -y --no-install-recommends \\\n     curl \\\n"
        f"     # tools\n     git \\\n  && {LISTS}\n",
    ),
    "a list whose lines end in && goes on so": (
        "FROM debian:13\nRUN apt-get update && \\\n    apt-get install -y git=1 --no-install-recommends\n",
        "FROM debian:13\nRUN apt-get update && \\\n    apt-get install -y git=1 --no-install-recommends && \\\n"
        f"    {LISTS}\n",
    ),
    "line ends, a backtick as escape and no last line break stay": (
        "# escape=`\r\n# hadolint shell=sh\r\nFROM debian:13\r\nRUN apt-get update `\r\n && apt-get -q install -y curl",
        "# escape=`\r\n# hadolint shell=sh\r\nFROM debian:13\r\nRUN apt-get update `\r\n"
        f" && apt-get -q install --no-install-recommends -y curl `\r\n && {LISTS}",
    ),
    "a here-document's own lines, tabs in front": (
        "FROM alpine:3.23\nRUN <<-EOF\n\tset -e\n\tapk add curl\n\tEOF\n",
        "FROM alpine:3.23\nRUN <<-EOF\n\tset -e\n\tapk add --no-cache curl\n\tEOF\n",
    ),
    "behind an assignment, and by Python": (
        'FROM python:3.13\nRUN x="$(date)" A=1 pip3 install -q a && python3 -m pip install b\n',
        'FROM python:3.13\nRUN x="$(date)" A=1 pip3 install --no-cache-dir -q a && '
        "python3 -m pip install --no-cache-dir b\n",
    ),
    "a step is joined with the next, which then is clean, too": (
        "FROM debian:13\nRUN apt-get update\n\nRUN apt-get install -y --no-install-recommends a\nRUN echo\n",
        "FROM debian:13\nRUN apt-get update && \\\n    apt-get install -y --no-install-recommends a && \\\n"
        f"    {LISTS}\nRUN echo\n",
    ),
    "instructions in small letters, values of several words": (
        "from debian:13\nmaintainer 'Ann'\nenv A  b c\nadd a.py /x/\nenv \\\n  D e\nlabel x y\n",
        "from debian:13\nlabel org.opencontainers.image.authors=\"Ann\"\nenv A=\"b c\"\ncopy a.py /x/\nenv \\\n  D=e\n"
        "label x=y\n",
    ),
    "comments inside of a value stay": (
        "FROM debian:13\nENV A b \\\n# why\n  c\n",
        'FROM debian:13\nENV A="b \\\n# why\n  c"\n',
    ),
    "JSON for words alone": (
        "FROM debian:13\nENTRYPOINT [\"e\"]\nCMD nginx \\\n  -g 'daemon off;' \"ä\"\n# c\n",
        "FROM debian:13\nENTRYPOINT [\"e\"]\nCMD [\"nginx\", \"-g\", \"daemon off;\", \"ä\"]\n# c\n",
    ),
    "exec where more than words stand": (
        "FROM debian:13\nENTRYPOINT cd /x && \\\n  shop --port $PORT 2>&1 # really\n",
        "FROM debian:13\nENTRYPOINT cd /x && \\\n  exec shop --port $PORT 2>&1 # really\n",
    ),
    "a path below one that the file names": (
        "FROM registry.example.com/base:1\nWORKDIR /srv\nWORKDIR app\nWORKDIR web\nFROM debian:13\nWORKDIR x\n",
        "FROM registry.example.com/base:1\nWORKDIR /srv\nWORKDIR /srv/app\nWORKDIR /srv/app/web\nFROM debian:13\n"
        "WORKDIR /x\n",
    ),
    "root needs no sudo, and gets the flag out": (
        "FROM debian:13\nRUN --network=host --mount=type=tmpfs,target=/x sudo -E make && sudo make check\n",
        "FROM debian:13\nRUN --mount=type=tmpfs,target=/x make && make check\n",
    ),
    "a user of the base": (
        "FROM node:22 AS a\nFROM a\nCOPY . /x\nRUN <<E\nmake\nE\n# start\nCMD [\"node\"]\n",
        "FROM node:22 AS a\nFROM a\nCOPY . /x\nRUN <<E\nmake\nE\nUSER 1000:1000\n# start\nCMD [\"node\"]\n",
    ),
    "of several the last one stays": (
        "FROM debian:13\nCMD [\"a\", \\\n  # b\n  \"b\"]\n# of the next\nCMD [\"c\"]\n",
        "FROM debian:13\n# of the next\nCMD [\"c\"]\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("before", "after"), CHANGED.values(), ids=CHANGED.keys())
def test_lines_that_must_change_do(before: str, after: str) -> None:
    assert repaired(before).text == after
    assert repaired(after).text == after, "a second run changes nothing"


LEFT_ALONE = {
    "ignored by a comment": "FROM debian:13\n# hadolint ignore=DL3020,DL3009,DL3015\nADD a.py /\n",
    "ignored by a comment above the step": (
        "FROM debian:13\n# hadolint ignore=DL3009,DL3015\nRUN apt-get update && apt-get install -y curl\n"
    ),
    "a later step installs from these lists": (
        "FROM debian:13\nRUN apt-get update && apt-get install -y --no-install-recommends a\n"
        "RUN : ; apt-get install -y --no-install-recommends b || exit 1\n"
    ),
    "sudo of a user, and to a user": "FROM debian:13\nRUN sudo -u app make\nUSER app\nRUN sudo make\n",
    "a folder that the base image decides": "FROM registry.example.com/base:1\nWORKDIR app\nWORKDIR ../x\n",
    "a cache that is mounted": (
        "FROM python:3.13\nRUN --mount=type=cache,target=/root/.cache/pip pip install -r requirements.txt\n"
    ),
    "ADD with what COPY has not": "FROM debian:13\nADD --keep-git-dir=true a.py /\nADD a.tar $X b.gz /\n",
    "a shell that does more than start one program": (
        "FROM debian:13\nENTRYPOINT if a; then b; else shop; fi\nCMD trap x 15; shop\nFROM debian:13\nCMD a || b $X\n"
    ),
    "a program beside another one": "FROM debian:13\nENTRYPOINT worker & web\nCMD (a; b $X)\n",
    "a shell's own commands": "FROM debian:13\nENTRYPOINT trap x 15\nCMD a | b\n",
    "text that holds quotes": "FROM debian:13\nENV A b \"c\"\nMAINTAINER a$b \"c\n",
    "a JSON form, and no shell": "FROM debian:13\nRUN [\"apt-get\", \"install\", \"x\"]\n",
    "an image that a variable names": "ARG T=1\nFROM shop:$T\n",
}  # fmt: skip


@pytest.mark.parametrize("text", LEFT_ALONE.values(), ids=LEFT_ALONE.keys())
def test_what_has_no_exact_repair_is_left_alone(text: str) -> None:
    assert repaired(text, digests={"shop:1": "sha256:" + "a" * 64}).text == text


NOT_MADE = {
    "if true; then apt-get update; apt-get install -y --no-install-recommends a; fi": "more than a plain list",
    "apt-get update && apt-get install -y --no-install-recommends a; exit 0": "might never run",
    "apt-get update && apt-get install -y --no-install-recommends a # yes": "more than a plain list",
    "<<E\napt-get update\napt-get install -y --no-install-recommends a\nE": "here-document",
}


@pytest.mark.parametrize(("script", "why"), NOT_MADE.items())
def test_what_can_not_be_told_is_named_with_its_line(script: str, why: str) -> None:
    text = f"FROM debian:13\nRUN {script}\n"
    done = repaired(text, "package-cache")
    assert done.text == text
    (left,) = done.not_made
    assert "Dockerfile:2: " in left.why and why in left.why and "by hand" in left.hint


def test_comment_for_a_tool_is_not_left_to_another_instruction() -> None:
    text = 'FROM debian:13\n# hadolint ignore=DL3001\nCMD ["a"]\nCMD ["b"]\n'
    done = repaired(text)
    assert done.text == text
    assert "another instruction" in done.not_made[0].why


def test_base_images_get_the_digests_that_an_engine_told() -> None:
    digest = "sha256:" + "a" * 64
    text = (
        "FROM --platform=linux/amd64 shop:1 AS x\nFROM other\nCOPY --chown=1 --from=tool:2 /a /b\nCOPY --from=x /a /c\n"
    )
    done = repaired(text, digests={"shop:1": digest, "tool:2": digest}, safe=True)
    assert done.text == text.replace("shop:1", f"shop:1@{digest}").replace("tool:2", f"tool:2@{digest}")


def test_lines_are_those_of_the_file_as_it_was() -> None:
    text = "FROM debian:13\nRUN apt-get update\n\nRUN apt-get install -y a\nADD x.py /\n"
    lines = {fix.control.partition("/")[2]: fix.lines for fix in repaired(text).made}
    assert lines["package-lists"] == (2, 4) and lines["recommended-packages"] == (4,) and lines["copy-not-add"] == (5,)
    assert lines["package-cache"] == (2,), "of the step that was joined in the first round"
    (left,) = repaired(text.replace("-y a", "-y a && exit 0")).not_made
    assert left.fix.lines == (2,) and left.why.startswith("Dockerfile:2: ")
