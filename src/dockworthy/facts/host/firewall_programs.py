"""Asks the firewall's own programs for the rules in force: read-only, all at once, each under a deadline."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from contextlib import suppress
from typing import IO, NamedTuple

from .root import Root

_SECONDS = 2.0
_PATH = "/usr/sbin:/sbin:/usr/bin:/bin:/usr/local/sbin:/usr/local/bin"
_LEGACY_TABLES = {"iptables": "/proc/net/ip_tables_names", "ip6tables": "/proc/net/ip6_tables_names"}


class Answer(NamedTuple):
    """What a program printed, or `problem`: why it didn't."""

    program: str
    text: str
    problem: str = ""


class FirewallPrograms:
    """Starts the programs at once; `answers` collects later. None is started for another root, or without root.

    The legacy programs are asked only where the kernel has legacy tables: asking would create them.
    """

    def __init__(self, root: Root) -> None:
        self._running: list[_Running] = []
        if not root.is_real or os.geteuid() != 0:
            return
        for command in _commands(root):
            program = shutil.which(command[0], path=_PATH)
            if program:
                self._running.append(_Running(command[0], [program, *command[1:]]))

    def answers(self) -> list[Answer]:
        return [running.answer() for running in self._running]

    def close(self) -> None:
        for running in self._running:
            running.close()


def _commands(root: Root) -> list[list[str]]:
    commands = [["nft", "list", "ruleset"], ["iptables-nft-save"], ["ip6tables-nft-save"]]
    commands += [[f"{name}-legacy-save"] for name, tables in _LEGACY_TABLES.items() if root.word(tables)]
    return commands


class _Running:
    """A program on its way; its output goes to a file, so it never waits for us."""

    def __init__(self, name: str, command: list[str]) -> None:
        self.name = name
        self._output: IO[bytes] = tempfile.TemporaryFile()
        self._process: subprocess.Popen[bytes] | None = None
        with suppress(OSError):
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=self._output,
                stderr=subprocess.DEVNULL,
                env={"PATH": _PATH, "LC_ALL": "C"},
            )

    def answer(self) -> Answer:
        if self._process is None:
            return Answer(self.name, "", "it could not be started")
        try:
            status = self._process.wait(_SECONDS)
        except subprocess.TimeoutExpired:
            return Answer(self.name, "", f"no answer in {_SECONDS:g} s")
        self._output.seek(0)
        text = self._output.read().decode("utf-8", "replace")
        return Answer(self.name, text, f"it failed with status {status}" if status else "")

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()
        self._output.close()
