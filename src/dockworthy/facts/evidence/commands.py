"""What the host runs by itself, as single commands: of timers and cron, and of the scripts that these name.

What only starts a command is taken off (`sudo -u postgres`, `nice`, `docker exec db`), and variables are followed as
far as their values stand in the same text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec import Struct, structs

from ...model.field import Source
from ..host.root import Root, clean
from .cron import CronLine, read_cron
from .shell import LONGEST, Pipeline, pipelines, words_of
from .systemd import Start, SystemdTimer, environment_file, read_timers

NAME = re.compile(r"[A-Za-z_]\w*\Z")
"""Of a shell's variable."""
_VARIABLE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")


def expanded(word: str, environment: Mapping[str, str]) -> str:
    """Variables that are known are put in; others stay as written."""
    if "$" not in word:
        return word
    return _VARIABLE.sub(lambda found: environment.get(found[1] or found[2], found[0]), word)


def without_assignments(words: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
    own: dict[str, str] = {}
    while words and "=" in words[0] and NAME.match(words[0].partition("=")[0]):
        name, _, value = words[0].partition("=")
        own[name] = value
        words = words[1:]
    return words, own


DUMPS = {
    "pg_dump": "pg_dump",
    "pg_dumpall": "pg_dumpall",
    "mysqldump": "mysqldump",
    "mariadb-dump": "mariadb-dump",
    "mongodump": "mongodump",
    "pg_basebackup": "pg_basebackup",
    "mariabackup": "mariabackup",
    "mariadb-backup": "mariadb-backup",
    "xtrabackup": "xtrabackup",
    "sqlite3": "sqlite3",
    "influxd": "influxd",
    "slapcat": "slapcat",
    "automysqlbackup": "automysqlbackup",
    "autopostgresqlbackup": "autopostgresqlbackup",
    "pg_backupcluster": "pg_backupcluster",
}
"""Programs that write a database out -> the name of the tool."""

BACKUPS: dict[str, tuple[str, frozenset[str]]] = {
    "restic": ("restic", frozenset({"backup"})),
    "borg": ("borg", frozenset({"create"})),
    "borgmatic": ("borgmatic", frozenset()),
    "resticprofile": ("resticprofile", frozenset()),
    "autorestic": ("autorestic", frozenset({"backup"})),
    "pgbackrest": ("pgBackRest", frozenset({"backup"})),
    "barman": ("Barman", frozenset({"backup", "cron"})),
    "duplicity": ("duplicity", frozenset()),
    "rsnapshot": ("rsnapshot", frozenset()),
    "kopia": ("Kopia", frozenset({"snapshot"})),
    "rdiff-backup": ("rdiff-backup", frozenset()),
    "tarsnap": ("Tarsnap", frozenset({"-c"})),
    "proxmox-backup-client": ("Proxmox Backup", frozenset({"backup"})),
}
"""Program -> the tool, and the words of which one must be said (none: it does so without)."""
NO_BACKUP = frozenset(
    "check prune forget list info init snapshots stats compact key config --version --help -h".split()
)
RESTORES = {
    "restic": frozenset({"restore"}),
    "borg": frozenset({"extract"}),
    "pgbackrest": frozenset({"restore"}),
    "barman": frozenset({"recover", "restore"}),
    "pg_restore": frozenset[str](),
    "mongorestore": frozenset[str](),
}
CONFIGURES = {"ansible-pull": "Ansible", "puppet": "Puppet", "chef-client": "Chef", "salt-call": "Salt"}

_MORE = ("docker", "podman", "mysqlpump", "ansible-pull")
_PLACES = r"/(?:opt|srv|root|home|etc|usr/local|var/backups)/"

RELEVANT = re.compile("|".join((*map(re.escape, sorted({*DUMPS, *BACKUPS, *RESTORES, *CONFIGURES, *_MORE})), _PLACES)))
"""A script in which nothing of this stands does none of the tasks, and names no script of the administrator's."""


SHELLS = frozenset("sh bash dash ash zsh ksh".split())

_WRAPPERS = frozenset(
    "sudo doas nice ionice nohup time timeout flock env chronic cronic systemd-cat exec command setsid eatmydata"
    " run-one systemd-inhibit stdbuf setpriv runuser su chpst unbuffer".split()
)
_WITH_VALUE: dict[str, frozenset[str]] = {
    "sudo": frozenset("-u -g -h -p -C -T -D -R --user --group".split()),
    "doas": frozenset({"-u", "-C"}),
    "nice": frozenset({"-n", "--adjustment"}),
    "ionice": frozenset({"-c", "-n", "-p"}),
    "timeout": frozenset({"-k", "-s", "--kill-after", "--signal"}),
    "flock": frozenset({"-w", "-E", "--timeout"}),
    "env": frozenset({"-u", "-C", "--unset", "--chdir"}),
    "systemd-cat": frozenset({"-t", "-p"}),
    "stdbuf": frozenset({"-i", "-o", "-e"}),
    "chpst": frozenset("-u -U -e -b -l -L -m -d -o -p -f -c".split()),
    "runuser": frozenset({"-u", "-g"}),
}
"""Flags of wrappers that take the next word."""
_CLIENTS = frozenset("docker podman docker-compose nerdctl".split())
_INSIDE = ("exec", "run")
_CLIENT_WITH_VALUE = frozenset(
    "-e --env -u --user -w --workdir --env-file -v --volume --mount --name --network --net --entrypoint -n -c"
    " --volumes-from -m --memory -l --label --index --add-host --cpus --hostname -h".split()
)
_IMAGES_THAT_ARE_PROGRAMS = frozenset("restic borgmatic pgbackrest kopia rclone".split())


def unwrapped(words: tuple[str, ...]) -> tuple[tuple[str, ...], bool]:
    """The command itself, and whether it runs in a container."""
    inside = False
    while words:
        program = _base(words[0])
        if program in _WRAPPERS:
            words = _after_wrapper(program, words)
        elif program in _CLIENTS and not inside and (rest := _in_container(words)):
            words, inside = rest, True
        else:
            break
    return words, inside


def output_of(words: tuple[str, ...]) -> tuple[tuple[str, ...], str]:
    """The words without redirections, and the file that standard output goes to, `""` where it goes nowhere."""
    rest: list[str] = []
    target, skip = "", ""
    for word in words:
        if skip:
            target = word if skip == ">" else target
            skip = ""
        elif word in (">", "<") or (word.endswith((">", "<")) and word[:-1].isdecimal()):
            skip = word
        else:
            rest.append(word)
    return tuple(rest), target


def told(words: tuple[str, ...]) -> tuple[str, str]:
    """(text after `-c`, script's path) of a shell's command line; one of both, or neither."""
    rest = list(words[1:])
    while rest and rest[0].startswith("-"):
        flag = rest.pop(0)
        if flag in ("-o", "+o") and rest:
            rest.pop(0)
        elif not flag.startswith("--") and "c" in flag[1:] and rest:
            if rest[0] == "pipefail" and len(rest) > 1:  # `-euo pipefail -c TEXT` or `-ceuo pipefail TEXT`
                rest.pop(0)
            return rest[0], ""
        elif flag.endswith("o") and not flag.startswith("--") and rest:
            rest.pop(0)
    return "", rest[0] if rest and rest[0].startswith("/") else ""


def _after_wrapper(program: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """`su - postgres -c TEXT` and `flock FILE -c TEXT` are shells that are told TEXT."""
    if program in ("su", "runuser", "flock") and "-c" in words:
        return ("sh", *words[words.index("-c") :])
    rest = list(words[1:])
    while rest and (rest[0].startswith("-") or ("=" in rest[0] and NAME.match(rest[0].partition("=")[0]))):
        flag = rest.pop(0)
        if flag in _WITH_VALUE.get(program, ()) and rest:
            rest.pop(0)
    if program in ("timeout", "flock") and rest:
        rest.pop(0)  # the time, the lock's file
    return tuple(rest)


def _in_container(words: tuple[str, ...]) -> tuple[str, ...]:
    """The command after `docker exec [flags] NAME`, nothing where the client does something else."""
    start = next((number for number, word in enumerate(words[:12]) if word in _INSIDE), -1)
    if start < 0:
        return ()
    rest = list(words[start + 1 :])
    while rest and rest[0].startswith("-"):
        if rest.pop(0) in _CLIENT_WITH_VALUE and rest:
            rest.pop(0)
    image = _base(rest[0]).split(":", 1)[0] if rest else ""
    if words[start] == "run" and image in _IMAGES_THAT_ARE_PROGRAMS:
        own = len(rest) > 1 and _base(rest[1]) == image
        return tuple(rest[1:]) if own else (image, *rest[1:])
    return tuple(rest[1:])


def _base(word: str) -> str:
    return word.rsplit("/", 1)[-1]


_SHELL_SCRIPT = re.compile(r"#!\s*\S*(?:/env\s+(?:-S\s+)?)?(?:/|\s)(?:sh|bash|dash|ash|zsh|ksh)(?:\s|\Z)")
_OF_PACKAGES = ("/usr/lib/", "/usr/libexec/", "/usr/sbin/", "/usr/bin/", "/lib/", "/sbin/", "/bin/")
"""What packages install is known by its name: its scripts are not looked into."""
_DEEPEST = 3
_MOST = 4000


class ScheduledCommand(Struct, frozen=True):
    """One command. `words` begin with the program, without redirections; `inside`: it runs in a container.

    `output`: the host's file where its pipeline ends. `piped`: its output goes on into another command, `guarded`:
    whose success does not hide its failure. `environment` may hold secrets and never leaves this room.
    """

    words: tuple[str, ...]
    inside: bool
    output: str
    piped: bool
    guarded: bool
    environment: Mapping[str, str]
    source: Source
    by: str
    schedule: str
    last_run: str = ""
    enabled: bool = True

    @property
    def program(self) -> str:
        return self.words[0].rsplit("/", 1)[-1]


class _Context(NamedTuple):
    file: str
    line: int
    environment: dict[str, str]
    guarded: bool
    depth: int
    by: str
    schedule: str
    last_run: str = ""
    enabled: bool = True
    nested: bool = False
    """A shell in a container is told this text: its paths are not the host's."""


class Commands(NamedTuple):
    """`unseen`: tables and scripts that may not be read."""

    found: tuple[ScheduledCommand, ...]
    unseen: tuple[str, ...]


def read_commands(root: Root) -> Commands:
    """All commands that timers and cron run, those of their shell scripts too."""
    reader = _Reader(root)
    found: list[ScheduledCommand] = []
    for timer in read_timers(root):
        found += reader.of_timer(timer)
    tables = read_cron(root)
    for line in tables.lines:
        found += reader.of_cron(line)
    return Commands(tuple(found[:_MOST]), (*tables.unseen, *reader.unseen))


class _Reader:
    def __init__(self, root: Root) -> None:
        self._root = root
        self.unseen: list[str] = []

    def of_timer(self, timer: SystemdTimer) -> Iterator[ScheduledCommand]:
        for start in timer.starts:
            context = _Context(
                start.file, start.line, dict(timer.environment), False, 0, timer.name,
                timer.schedule, timer.last_run, timer.enabled,
            )  # fmt: skip
            words = words_of(start.line_of_command.replace("$$", "$"))
            yield from self._pipeline(Pipeline((words,), 1), context) if words else ()

    def of_cron(self, line: CronLine) -> Iterator[ScheduledCommand]:
        start: Start = line.start
        context = _Context(start.file, start.line, dict(line.environment), False, 0, "cron", line.schedule)
        return self._text(start.line_of_command, context, one_line=True)

    def _text(self, text: str, context: _Context, *, one_line: bool = False) -> Iterator[ScheduledCommand]:
        """The commands of shell text. What it assigns and sources is kept for the lines that follow."""
        guarded = context.guarded or "PIPESTATUS" in text or "pipestatus" in text
        environment = dict(context.environment)
        for pipeline in pipelines(text):
            line = context.line if one_line else context.line + pipeline.line - 1
            first = pipeline.commands[0]
            guarded = guarded or (first[0] == "set" and "pipefail" in first)
            self._remember(first, environment)
            here = context._replace(line=line, environment=dict(environment), guarded=guarded)
            yield from self._pipeline(pipeline, here)

    def _remember(self, words: tuple[str, ...], environment: dict[str, str]) -> None:
        """`NAME=value`, `export NAME=value`, `. /etc/backup.env`."""
        if words[0] in (".", "source") and len(words) > 1:
            environment |= environment_file(self._root, expanded(words[1], environment))
            return
        assigned = words[1:] if words[0] in ("export", "declare", "readonly", "local") else words
        for word in assigned:
            name, equals, value = word.partition("=")
            if not equals or not NAME.match(name):
                return
            environment[name] = expanded(value, environment)

    def _pipeline(self, pipeline: Pipeline, context: _Context) -> Iterator[ScheduledCommand]:
        last = len(pipeline.commands) - 1
        _, ends_in = output_of(tuple(expanded(word, context.environment) for word in pipeline.commands[-1]))
        for number, written in enumerate(pipeline.commands):
            words, own = without_assignments(written)
            here = context._replace(environment=context.environment | own)
            words, output = output_of(tuple(expanded(word, here.environment) for word in words))
            words, inside = unwrapped(words)
            if words:
                command = _command(words, inside or here.nested, number < last, here)
                yield structs.replace(command, output="" if here.nested else output or ends_in)
                yield from self._further(words, inside, here)

    def _further(self, words: tuple[str, ...], inside: bool, context: _Context) -> Iterator[ScheduledCommand]:
        """What a shell is told with `-c`, and what stands in a script."""
        if context.depth >= _DEEPEST:
            return
        deeper = context._replace(depth=context.depth + 1)
        program = words[0].rsplit("/", 1)[-1]
        if program in SHELLS:
            text, script = told(words)
            if text:
                nested = deeper._replace(guarded="pipefail" in words, nested=inside or context.nested)
                yield from self._text(text, nested, one_line=True)
            elif script and not inside:
                yield from self._script(script, deeper, by_shell=True)
        elif words[0].startswith("/") and not inside:
            yield from self._script(words[0], deeper, by_shell=False)

    def _script(self, path: str, context: _Context, *, by_shell: bool) -> Iterator[ScheduledCommand]:
        if path.startswith(_OF_PACKAGES):
            return
        try:
            if self._root.stat(path).st_size > LONGEST:
                return
            text = self._root.read(path)
        except OSError as error:
            if isinstance(error, PermissionError):
                self.unseen.append(clean(path))
            return
        head = text[:200].split("\n", 1)[0]
        if not (by_shell or _SHELL_SCRIPT.match(head)) or not RELEVANT.search(text):
            return
        guarded = "pipefail" in head
        yield from self._text(text, context._replace(file=path, line=1, guarded=guarded))


def _command(words: tuple[str, ...], inside: bool, piped: bool, context: _Context) -> ScheduledCommand:
    return ScheduledCommand(
        words=words,
        inside=inside,
        output="",
        piped=piped,
        guarded=context.guarded,
        environment=context.environment,
        source=Source(clean(context.file), "", context.line),
        by=clean(context.by),
        schedule=clean(context.schedule),
        last_run=context.last_run,
        enabled=context.enabled,
    )
