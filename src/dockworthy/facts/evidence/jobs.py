"""Which of the commands that the host runs do a task that production needs: backups, dumps, restores, updates."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from ...model.evidence import HostJob, ToolTask
from ..host.masking import mask_urls
from ..host.root import clean
from .commands import BACKUPS, CONFIGURES, DUMPS, NO_BACKUP, RESTORES, ScheduledCommand
from .stores import repository_of

_PULLS = re.compile(r"\bcompose\b.*\bpull\b|\bcompose\b.*\bup\b.*--pull[= ](?:always|daily)|^docker-compose.*\bpull\b")
_DEPLOYS = re.compile(r"\bcompose\b.*\bup\b|\bstack deploy\b|\bservice update\b|^docker-compose.*\bup\b")


def jobs_of(commands: Iterable[ScheduledCommand]) -> dict[HostJob, str]:
    """The jobs, each once -> their target as it is written, passwords in it: it must not be kept.

    Commands that do none of these tasks are left out, and with them what they say.
    """
    return {job: target for command in commands for job, target in _jobs(command)}


def _jobs(command: ScheduledCommand) -> Iterator[tuple[HostJob, str]]:
    program, rest = command.program, frozenset(command.words[1:])
    if program in DUMPS and _writes_out(command):
        yield _job(
            command, ToolTask.DUMP, DUMPS[program], _dumped_to(command), pipe=command.piped and not command.guarded
        )
    elif program in RESTORES and (not RESTORES[program] or rest & RESTORES[program]):
        yield _job(command, ToolTask.RESTORE, program, repository_of(command))
    elif program in BACKUPS:
        tool, words = BACKUPS[program]
        if rest & words if words else not rest & NO_BACKUP:
            yield _job(command, ToolTask.BACKUP, tool, repository_of(command))
    elif program in CONFIGURES:
        yield _job(command, ToolTask.SETUP, CONFIGURES[program], "")
    elif program in ("docker", "docker-compose", "podman"):
        text = " ".join((program, *command.words[1:]))
        if _PULLS.search(text):
            yield _job(command, ToolTask.UPDATE, "docker compose pull", "")
        elif _DEPLOYS.search(text):
            yield _job(
                command, ToolTask.DEPLOY, "docker compose up" if "compose" in text else "docker stack deploy", ""
            )


def _job(
    command: ScheduledCommand, does: ToolTask, tool: str, target: str, *, pipe: bool = False
) -> tuple[HostJob, str]:
    job = HostJob(
        does=does,
        tool=tool,
        by=command.by,
        source=command.source,
        schedule=command.schedule,
        target=mask_urls(clean(target)),
        last_run=command.last_run,
        enabled=command.enabled,
        pipe_unguarded=pipe,
    )
    return job, target


def _writes_out(command: ScheduledCommand) -> bool:
    """Some of these programs do other things, too."""
    text = " ".join(command.words[1:])
    wanted = {"sqlite3": (".dump", ".backup"), "influxd": ("backup",)}.get(command.program)
    return not {"--version", "--help", "-V"} & set(command.words) and (wanted is None or any(w in text for w in wanted))


_FILE_FLAGS = ("-f", "--file", "-o", "--out", "--result-file", "-r", "-D", "--pgdata", "--target-dir", "--archive")


def _dumped_to(command: ScheduledCommand) -> str:
    """The folder that the dump is written to on the host, `""` where that can't be told."""
    written = command.output
    if not written and not command.inside:
        for number, word in enumerate(command.words):
            name, equals, value = word.partition("=")
            if name in _FILE_FLAGS:
                written = value if equals else next(iter(command.words[number + 1 :]), "")
    return folder_of(written)


def folder_of(path: str) -> str:
    """The folder of a file whose name may hold what only a shell knows (`$(date)`): as far as it is plain."""
    if not path.startswith("/") or path.startswith("/dev/"):
        return ""
    plain = re.split(r"[$`*?]", path, maxsplit=1)[0]
    return plain.rpartition("/")[0] or "/"
