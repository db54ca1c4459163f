"""A fault in words: `2 containers mount the Docker socket`, where a control's title says how it should be.

A control writes its sentence once: `{who} [mounts|mount] the Docker socket`. `{who}` is the number of subjects with
their noun, `{n}` the number alone; of `[one|many]` the first stands for one subject, the second for several.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from .finding import Finding
from .pattern import lazy_pattern

_EITHER = lazy_pattern(r"\[([^\[\]|]*)\|([^\[\]|]*)\]")

_NOUNS = {"build": "image build", "unit": "workload", "host": "host", "swarm": "swarm"}
_MANY = {"networkpolicy": "networkpolicies", "ingress": "ingresses"}
_MIXED = "object"


def fault_sentence(findings: Sequence[Finding], count: int = 0) -> str:
    """What is wrong, of findings of one control; a team's own rule has a title alone. `count`:
    the number of objects, where the subjects do not tell (those of several hosts have the same names)."""
    first = findings[0]
    count = count or len({finding.subject for finding in findings})
    who = _counted(count, tuple(dict.fromkeys(finding.kind for finding in findings)))
    return in_words(first.fault, who, count) if first.fault else f"{first.title}: not true of {who}"


def fault_of(finding: Finding) -> str:
    """What is wrong with the one that this finding is about, by its name: `web mounts the Docker socket`."""
    if not finding.fault:
        return f"not so: {finding.title}"
    name = _name(finding)
    return in_words(finding.fault, name if finding.subject != finding.kind else f"the {name}")


def fault_without_name(finding: Finding) -> str:
    """The same below a heading that names it: `mounts the Docker socket`."""
    return in_words(finding.fault, "").strip() if finding.fault else f"not so: {finding.title}"


def in_words(fault: str, who: str, count: int = 1) -> str:
    """The sentence of a control for so many subjects, which are called `who`."""
    told = _EITHER.sub(lambda either: either[1] if count == 1 else either[2], fault)
    return told.replace("{n}", str(count)).replace("{who}", who)


def _counted(count: int, kinds: Sequence[str]) -> str:
    kind = kinds[0] if len(kinds) == 1 else _MIXED
    noun = _NOUNS.get(kind, kind)
    return f"1 {noun}" if count == 1 else f"{count} {_MANY.get(noun, noun + 's')}"


def subject_names(findings: Iterable[Finding]) -> list[str]:
    """The subjects without file and kind, each once; with its file where another has the same name. None where the only
    one is the machine or its engine itself."""
    subjects = {finding.subject: _name(finding) for finding in findings if finding.subject != finding.kind}
    times = Counter(subjects.values())
    return [name if times[name] == 1 else subject for subject, name in subjects.items()]


def names_in_words(names: Sequence[str], show: int = 3) -> str:
    """`web, db, cache and 97 more`. One name too many is shown: "and 1 more" is no shorter."""
    if len(names) <= show + 1:
        return ", ".join(names)
    return f"{', '.join(names[:show])} and {len(names) - show} more"


def _name(finding: Finding) -> str:
    subject = finding.subject.rpartition("#")[2]
    return subject.removeprefix(f"{finding.kind}/").removeprefix(f"{finding.kind}:")
