"""The host's packet filter: rules in force on this machine, saved rules below another root, and who manages them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ...model.field import Field, Source, Unknown
from ...model.host import Firewall
from .elsewhere import RunningProgram, ask, which
from .kernel import assignments
from .programs import ProgramFailed
from .reading import TELL_ROOT, measured, written
from .root import Root
from .units import unit_is_enabled, unit_runs

_LEGACY_TABLES = {"iptables": "/proc/net/ip_tables_names", "ip6tables": "/proc/net/ip6_tables_names"}


class FirewallListing(NamedTuple):
    """What a program printed, or `problem`: why it didn't."""

    program: str
    text: str
    problem: str = ""


class FirewallPrograms:
    """Starts the programs at once; `answers` collects later. None is started for a saved tree, or without root."""

    def __init__(self, root: Root) -> None:
        self._asked: dict[str, RunningProgram] = {}
        if root.is_live and root.as_root:
            for name, command in _commands(root):
                self._asked[name] = ask(root, command)

    def answers(self) -> list[FirewallListing]:
        return [_answer(name, asked) for name, asked in self._asked.items()]

    def close(self) -> None:
        for asked in self._asked.values():
            asked.close()


def _answer(name: str, asked: RunningProgram) -> FirewallListing:
    try:
        return FirewallListing(name, bytes(asked.answer()).decode("utf-8", "replace"))
    except ProgramFailed as failure:
        return FirewallListing(name, "", str(failure))


def _commands(root: Root) -> Iterator[tuple[str, list[str]]]:
    """(name for the report, command) of the programs that are installed.

    The legacy ones are asked only where the kernel has legacy tables: asking would create them.
    """
    if nft := which(root, "nft"):
        yield "nft list ruleset", [nft, "list", "ruleset"]
    for family, tables in _LEGACY_TABLES.items():
        usual = which(root, f"{family}-save")
        modern = which(root, f"{family}-nft-save")
        if not modern and usual and "nft" in root.identity(usual):
            modern = usual
        if modern:
            yield f"{family}-nft-save", [modern]
        legacy = which(root, f"{family}-legacy-save") or (usual if usual != modern else "")
        if legacy and root.word(tables):
            yield f"{family}-legacy-save", [legacy]


_SAVED = (
    "/etc/nftables.conf",
    "/etc/sysconfig/nftables.conf",
    "/etc/iptables/rules.v4",
    "/etc/iptables/rules.v6",
    "/etc/sysconfig/iptables",
    "/etc/sysconfig/ip6tables",
    "/etc/ufw/user.rules",
)
_NFT_CHAIN = re.compile(r"\btype filter hook (input|forward)\b[^\n]*?\bpolicy (accept|drop)\b")


def read_firewall(root: Root, programs: FirewallPrograms) -> Field[Firewall]:
    """In `rules` a line `# PROGRAM` or `# FILE` names where the lines below it come from."""
    if not root.is_live:
        return _saved(root)
    answers = programs.answers()
    usable = [answer for answer in answers if not answer.problem]
    if not usable:
        return _why_not(root, answers)
    has_legacy = any("legacy" in answer.program and _has_rules(answer.text) for answer in usable)
    has_nft = any("legacy" not in answer.program and _has_rules(answer.text) for answer in usable)
    backend = "nft" if has_nft else "iptables-legacy" if has_legacy else "none"
    texts = [(answer.program, answer.text) for answer in usable]
    return measured(_firewall(root, backend, texts), ", ".join(answer.program for answer in usable))


def _why_not(root: Root, answers: list[FirewallListing]) -> Unknown:
    if answers:
        return Unknown("; ".join(f"{answer.program}: {answer.problem}" for answer in answers), TELL_ROOT)
    if not root.as_root:
        return Unknown("the firewall's rules can't be read: permission denied", TELL_ROOT)
    return Unknown("neither nft nor iptables is installed to tell the firewall's rules", "install nftables or iptables")


def _saved(root: Root) -> Field[Firewall]:
    texts = [(path, text) for path in _SAVED if (text := root.word(path))]
    if not texts and not _front(root)[0]:
        reason = "the firewall's rules in force are known to its own kernel only, and no saved rules are below the root"
        return Unknown(reason, source=Source(_SAVED[0]))
    legacy = "legacy" in root.identity("/etc/alternatives/iptables")
    backend = "none" if not texts else "iptables-legacy" if legacy else "nft"
    return written(_firewall(root, backend, texts), texts[0][0] if texts else "/etc")


def _firewall(root: Root, backend: str, texts: list[tuple[str, str]]) -> Firewall:
    front, active = _front(root)
    everything = [text for _, text in texts]
    return Firewall(
        backend=backend,
        rules=tuple(line for name, text in texts if text.strip() for line in (f"# {name}", *rule_lines(text))),
        front=front,
        front_active=active,
        input_policy=policy(everything, "input"),
        forward_policy=policy(everything, "forward"),
        docker_user=docker_user_rules(everything),
    )


def rule_lines(text: str) -> Iterable[str]:
    """Without comments and empty lines; counters in brackets go, as they change from one reading to the next."""
    for line in text.splitlines():
        line = re.sub(r"\s*\[\d+:\d+\]$", "", line.rstrip())
        if line and not line.lstrip().startswith("#"):
            yield line


def policy(texts: Iterable[str], hook: str) -> str:
    """`drop` where any table's base chain drops what no rule matched, else `accept`; `""` without such a chain."""
    found: set[str] = set()
    for text in texts:
        found |= {match[2] for match in _NFT_CHAIN.finditer(text) if match[1] == hook}
        table = ""
        for line in text.splitlines():
            if line.startswith("*"):
                table = line[1:].strip()
            elif table == "filter" and line.startswith(f":{hook.upper()} "):
                found.add(line.split()[1].lower())
    return "drop" if found & {"drop", "reject"} else "accept" if found else ""


def docker_user_rules(texts: Iterable[str]) -> tuple[str, ...]:
    """The rules of the chain DOCKER-USER, each once; the `RETURN` that the engine itself puts there is left out."""
    rules = (line.strip() for text in texts for line in text.splitlines() if line.startswith("-A DOCKER-USER "))
    return tuple(dict.fromkeys(rule for rule in rules if rule != "-A DOCKER-USER -j RETURN"))


def _has_rules(text: str) -> bool:
    return any(line.startswith(("-A ", ":")) or "{" in line for line in text.splitlines())


def _front(root: Root) -> tuple[str, bool]:
    """(who manages the rules, is it switched on)."""
    if root.exists("/etc/ufw/ufw.conf"):
        active = assignments(root.word("/etc/ufw/ufw.conf")).get("ENABLED", "no").lower() == "yes"
        if active or not root.exists("/etc/firewalld"):
            return "ufw", active
    if root.exists("/etc/firewalld") or root.exists("/usr/sbin/firewalld"):
        unit = "firewalld.service"
        return "firewalld", unit_runs(root, unit) if root.is_live else unit_is_enabled(root, unit)
    return "", False
