"""Programs of the host, outside containers, that are known for a task. Told by their executable, never by a name."""

from __future__ import annotations

from ...model.evidence import RunningTool
from ...model.knowledge.tools import tool_of_program
from ..host.container_processes import is_in_container
from ..host.reading import number_or
from ..host.root import Root
from ..host.trusted_accounts import TrustedAccounts

_MOST = 50


def read_running(root: Root) -> tuple[RunningTool, ...]:
    """Each known program once, where a trusted account started it. Of other users' processes only root sees the
    executable."""
    found: dict[str, RunningTool] = {}
    trusted = TrustedAccounts(root)
    for name in root.names_or_none("/proc"):
        pid = number_or(name, 0)
        program = program_of(root, pid) if pid else ""
        tool = tool_of_program(program)
        if tool is None or program in found or is_in_container(root, pid) or not trusted.started(pid):
            continue
        found[program] = RunningTool(tool.name, tool.does, program, pid)
        if len(found) >= _MOST:
            break
    return tuple(found.values())


def running_on_host(root: Root, *programs: str) -> set[str]:
    """Those of `programs` that run outside containers, started by a trusted account."""
    found = set()
    trusted = TrustedAccounts(root)
    for name in root.names_or_none("/proc"):
        pid = number_or(name, 0)
        program = program_of(root, pid) if pid else ""
        if program in programs and not is_in_container(root, pid) and trusted.started(pid):
            found.add(program)
    return found


def program_of(root: Root, pid: int) -> str:
    """The executable's name, `""` where it can't be read."""
    try:
        return root.link(f"/proc/{pid}/exe").removesuffix(" (deleted)").rsplit("/", 1)[-1]
    except OSError:
        return ""
