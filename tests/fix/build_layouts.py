"""Dockerfiles as people lay them out: continuation lines, comments between, line ends, a missing last line break."""

from __future__ import annotations

from hypothesis import strategies as st

STEPS = (
    "apt-get update",
    "apt-get install -y curl git",
    "apt-get -q install curl",
    "apk add curl",
    "pip install -r requirements.txt",
    "A=1 sudo -E make x",
    'echo "a && b" | tee /x',
    "x=$(pip install a)",
    "yum install -y a",
    "apt-get -y dist-upgrade",
    "if true; then apk add b; fi",
    "exit 0",
)
INSTRUCTIONS = (
    "MAINTAINER Ann <ann@example.com>",
    "ENV PORT 80",
    "ENV OPTS -a b\tc",
    "ENV A=1 B='2 3'",
    "LABEL x y",
    "ADD shop.py /x/",
    "add . /x",
    "ADD thing /x",
    "WORKDIR app",
    "WORKDIR /srv",
    "USER app",
    "USER root",
    "CMD shop --port 80",
    'CMD ["shop"]',
    "CMD cd /x && shop $PORT",
    "ENTRYPOINT shop 'a b'",
    "HEALTHCHECK CMD ok",
    'SHELL ["/bin/bash", "-c"]',
    "ONBUILD ADD a.py /",
)
BASES = ("debian:13", "node:22", "alpine:3.23", "registry.example.com/base:1", "gcr.io/distroless/cc", "scratch")


class Writer:
    """Writes lines by choices that hypothesis makes; comments are numbered, so that none can be lost unseen."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw
        self.escape = draw(st.sampled_from(["\\", "\\", "\\", "`"]))
        self.comments = 0
        self.lines = [f"# escape={self.escape}"] if self.escape == "`" or draw(st.booleans()) else []
        if self.escape == "`":
            self.lines.append("# hadolint shell=sh")

    def instruction(self, text: str) -> None:
        """Broken at some of its blanks (in a quoted word none is)."""
        plain = not set("'\"") & set(text)
        words = text.split(" ") if plain else [text]
        line = words[0]
        for number, word in enumerate(words[1:]):
            if number and self.draw(st.integers(0, 3)) == 0:
                self.lines.append(f"{line} {self.escape}{self.draw(st.sampled_from(['', '', ' ']))}")
                self._comment("  ")
                line = f"{self.draw(st.sampled_from(['    ', '  ', chr(9)]))}{word}"
            else:
                line += f" {word}"
        self.lines.append(line)

    def between(self) -> None:
        if self.draw(st.integers(0, 3)) == 0:
            self.lines.append("")
        self._comment("")

    def _comment(self, indent: str) -> None:
        if self.draw(st.integers(0, 4)) == 0:
            self.comments += 1
            what = self.draw(st.sampled_from(["why", "why", "hadolint ignore=DL3009,DL3020"]))
            self.lines.append(f"{indent}# {what} {self.comments}" if what == "why" else f"{indent}# {what}")


@st.composite
def dockerfiles(draw: st.DrawFn) -> str:
    writer = Writer(draw)
    for _ in range(draw(st.integers(1, 2))):
        writer.instruction(f"FROM {draw(st.sampled_from(BASES))}")
        for _ in range(draw(st.integers(1, 6))):
            writer.between()
            if draw(st.booleans()):
                writer.instruction(draw(st.sampled_from(INSTRUCTIONS)))
            else:
                steps = draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=4))
                by = draw(st.sampled_from([" && ", " && ", " ; ", " || "]))
                _run(writer, draw, steps, by)
    end = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    return end.join(writer.lines) + draw(st.sampled_from([end, end, ""]))


def _run(writer: Writer, draw: st.DrawFn, steps: list[str], by: str) -> None:
    if draw(st.integers(0, 4)) == 0:
        dash, tab = draw(st.sampled_from([("-", "\t"), ("", "")]))
        writer.lines += [f"RUN <<{dash}EOF", *(f"{tab}{step}" for step in steps), f"{tab}EOF"]
    else:
        writer.instruction(f"RUN {by.join(steps)}")
