"""What only starts a command, taken off: `sudo -u postgres`, `nice`, `docker exec db`; and what a shell is told."""

from __future__ import annotations

from .variables import NAME

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
