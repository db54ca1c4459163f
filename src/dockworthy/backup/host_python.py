"""Programs in Python that run on a data set's host, with what its own Python brings and nothing else. Each is a file
beside the module that sends it, for Python 3.7 and newer, and goes through standard input."""

from __future__ import annotations

import json
import shlex
import sys
from typing import Any

from ..engine.site import Site
from ..errors import HostError
from ..host_scripts import HostScript

_FIND = HostScript(__package__, "find_python.sh")
_ELSEWHERE = ("python3", "/usr/libexec/platform-python")
"""How it is called on hosts; the second one is Red Hat's for its own tools."""
NO_PYTHON = "its host has no python3 with the module sqlite3 (apt install python3, dnf install python3)"


async def find_python(site: Site) -> str:
    """The first Python of the host that is new enough and has sqlite3; "" for none. Raises HostError."""
    here = (sys.executable,) if site.through is None and sys.executable else ()
    done = await site.shell.run(_FIND.with_arguments(*here, *_ELSEWHERE))
    return done.output.strip()


class HostProgram:
    """One such program. `of`: of whom its errors speak."""

    def __init__(self, site: Site, script: HostScript, *, of: str) -> None:
        self._site = site
        self._script = script
        self._of = of
        self._python = ""

    async def run(self, *words: str, doing: str, seconds: float, hint: str = "") -> Any:
        """The JSON that it prints. `doing`: what can't be done where it fails: "can't be copied". Raises HostError in
        its words."""
        if not self._python:
            self._python = await find_python(self._site)
        if not self._python:
            raise HostError(f"{self._of} {doing}: {NO_PYTHON}", hint="install it, and run this again")
        command = shlex.join((self._python, "-I", "-", *words))
        done = await self._site.shell.run(command, given=self._script.text.encode(), seconds=seconds)
        if done.status:
            raise HostError(f"{self._of} {doing}: {done.words or 'no reason given'}", hint=hint)
        return json.loads(done.output)
