"""Programs of the host, outside containers, that are known for a task. Told by their executable, never by a name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

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
    for program, pid in _on_host(root, lambda program: program not in found and tool_of_program(program) is not None):
        if tool := tool_of_program(program):
            found[program] = RunningTool(tool.name, tool.does, program, pid)
        if len(found) >= _MOST:
            break
    return tuple(found.values())


def running_on_host(root: Root, *programs: str) -> set[str]:
    """Those of `programs` that run outside containers, started by a trusted account."""
    return {program for program, _ in _on_host(root, lambda program: program in programs)}


def _on_host(root: Root, is_asked: Callable[[str], bool]) -> Iterator[tuple[str, int]]:
    """Executables and processes outside containers, started by a trusted account. What costs more is asked last."""
    trusted = TrustedAccounts(root)
    for name in root.names_or_none("/proc"):
        pid = number_or(name, 0)
        program = program_of(root, pid) if pid else ""
        if is_asked(program) and not is_in_container(root, pid) and trusted.started(pid):
            yield program, pid


def program_of(root: Root, pid: int) -> str:
    """The executable's name, `""` where it can't be read."""
    try:
        return root.link(f"/proc/{pid}/exe").removesuffix(" (deleted)").rsplit("/", 1)[-1]
    except OSError:
        return ""
