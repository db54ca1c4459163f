"""Texts that the engine expands: Go templates and regular expressions. A few hundred bytes may ask for gigabytes.

A template that defines others and calls them multiplies what it prints; so do pipelines of `js`, and `range`. So only
plain fields pass, a bounded number of them. Where payloads of secrets and configs are templates, the swarm's own
functions pass, too, and conditions. A regular expression in Go takes time in proportion to its length, but counted
repetitions (`x{1000}`) make it a thousand times as long.

Sources: Engine 26.1, daemon/logger/loggerutils/log_tag.go, daemon/logger/loginfo.go; swarmkit, template/context.go.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

_OPEN = r"\{\{(?:- )?\s*+"
_CLOSE = r"\s*+(?:(?<=\s)-)?\}\}"
_QUOTED = r'"[^"\\\n]*+"|`[^`]*+`'


def _action(*forms: str) -> re.Pattern[str]:
    return re.compile(f"{_OPEN}(?:{'|'.join(forms)}){_CLOSE}")


_LOG = _action(
    r"\.(?:Name|ID|FullID|ImageName|ImageID|ImageFullID|DaemonName|Hostname)",
    r'index\s+\.ContainerLabels\s+"[^"\\\n]*+"',
)
_TASK = _action(
    r"\.Service\.(?:ID|Name|Labels\.\w++)",
    r"\.Node\.(?:ID|Hostname|Platform\.(?:Architecture|OS))",
    r"\.Task\.(?:ID|Name|Slot)",
    r'index\s+\.Service\.Labels\s+"[^"\\\n]*+"',
    _QUOTED,
)
_ATOM = rf"(?>\.[\w.]*+|{_QUOTED}|\d++|\(|\)|(?:index|secret|config|env|if|else|end|with|eq|ne|not|and|or)\b)"
_PAYLOAD = _action(rf"(?:{_ATOM}\s*+)++", r"/\*(?:(?!\*/).)*+\*/")

LOG_FIELDS = "{{.Name}} {{.ID}} {{.FullID}} {{.ImageName}} {{.ImageID}} {{.ImageFullID}} {{.DaemonName}}"
TASK_FIELDS = "{{.Service.Name}}, {{.Node.Hostname}}, {{.Task.Slot}} and the like"
MOST_IN_A_TAG = 16
MOST_IN_A_SERVICE = 64
"""Templates of one service's hostname and environment together."""
MOST_IN_A_PAYLOAD = 64
_MOST_TAG = 512
_MOST_PATTERN = 512
_MOST_FILTERS = 16 * 1024
_MOST_COUNTED = 8
_COUNTED = re.compile(r"\{\s*(\d+)\s*(?:,\s*(\d*)\s*)?\}")
_MOST_TIMES = 99
_ESCAPED = re.compile(r"\\u00([0-7][0-9a-fA-F])")


def _strange(text: str, known: re.Pattern[str]) -> tuple[int, str]:
    """How many templates the text holds, and the beginning of the first that is none of the known ones."""
    count, at = 0, text.find("{{")
    while at >= 0:
        found = known.match(text, at)
        if found is None:
            return count, text[at : at + 40]
        count, at = count + 1, text.find("{{", found.end())
    return count, ""


def why_not_a_tag(text: str) -> str:
    """Of a log driver; `""` where it may stand."""
    count, strange = _strange(text, _LOG)
    if len(text) > _MOST_TAG:
        return f"it has {len(text)} characters, more than {_MOST_TAG}"
    if strange:
        return f"it holds {strange!r}"
    return f"it holds {count} templates, more than {MOST_IN_A_TAG}" if count > MOST_IN_A_TAG else ""


def templates_of_tasks(text: str) -> tuple[int, str]:
    """Of a service's hostname or environment: how many, and the first that is no plain field."""
    return _strange(text, _TASK)


Piece = frozenset[str] | re.Pattern[str]
"""Of a name: one of these texts, or letters that a regular expression knows."""
_WORD, _TASK_OF_NAME = re.compile(r"\w+"), re.compile(r"[0-9a-z.]+")
_MOST_NAME = 255
"""Characters: a name server knows no longer ones."""


def possible_names(text: str, service: Mapping[str, Any], nodes: Collection[str]) -> tuple[Piece, ...]:
    """What a host name with templates may become for the tasks of this service specification, on `nodes` of these
    names: one piece after the other, in small letters."""
    written: list[Piece] = []
    at = 0
    for found in _TASK.finditer(text):
        written += (_text(text[at : found.start()]), *_value(found[0], service, nodes))
        at = found.end()
    return (*written, _text(text[at:]))


def may_become(pieces: Iterable[Piece], name: str) -> bool:
    """Each piece is tried at each letter once. As one regular expression they would be tried in all combinations, and
    a name of 60 letters take the guard years."""
    if len(name) > _MOST_NAME:
        return False
    ends = {0}
    for piece in pieces:
        if isinstance(piece, frozenset):
            lengths = {len(each) for each in piece}
            ends = {at + length for at in ends for length in lengths if name[at : at + length] in piece}
        else:
            found = [(at, piece.match(name, at)) for at in ends]
            ends = {end for at, match in found if match is not None for end in range(at + 1, match.end() + 1)}
    return len(name) in ends


def has_dots(pieces: Iterable[Piece]) -> bool:
    """May the name hold one?"""
    return any(
        any("." in text for text in each) if isinstance(each, frozenset) else each is not _WORD for each in pieces
    )


def _text(text: str) -> frozenset[str]:
    return frozenset(("".join(text.split()).casefold(),))


def _value(action: str, service: Mapping[str, Any], nodes: Collection[str]) -> tuple[Piece, ...]:
    inner = action.strip("{}").removeprefix("- ").removesuffix(" -").strip()
    if inner[0] in '"`':
        return (frozenset((inner[1:-1].casefold(),)),)
    name, labels = str(service.get("Name") or "").casefold(), service.get("Labels") or {}
    for start in (".Service.Labels.", "index"):
        if inner.startswith(start):
            label = inner.removeprefix(start).removeprefix(" ").strip().rpartition(".Service.Labels ")[2].strip('"')
            return (frozenset((str(labels.get(label, "")).casefold(),)),)
    known: dict[str, tuple[Piece, ...]] = {
        ".Service.Name": (frozenset((name,)),),
        ".Task.Name": (frozenset((f"{name}.",)), _TASK_OF_NAME),
        ".Node.Hostname": (frozenset(each.casefold() for each in nodes),),
    }
    return known.get(inner, (_WORD,))


def why_not_a_payload(text: str) -> str:
    """Of a secret or config that is a template; `""` where it may stand."""
    count, strange = _strange(text, _PAYLOAD)
    if strange:
        return f"it holds {strange!r}"
    return f"it holds {count} templates, more than {MOST_IN_A_PAYLOAD}" if count > MOST_IN_A_PAYLOAD else ""


def why_not_a_pattern(text: str) -> str:
    """Of a regular expression; `""` where it may stand."""
    return f"it has {len(text)} characters, more than {_MOST_PATTERN}" if len(text) > _MOST_PATTERN else _counted(text)


def why_not_filters(text: str) -> str:
    """Of the JSON in a query, in which names are regular expressions; `""` where it may stand."""
    if len(text) > _MOST_FILTERS:
        return f"it has {len(text)} characters, more than {_MOST_FILTERS}"
    return _counted(_ESCAPED.sub(lambda match: chr(int(match[1], 16)), text))


def _counted(text: str) -> str:
    counted = _COUNTED.findall(text)
    if len(counted) > _MOST_COUNTED:
        return f"it counts repetitions {len(counted)} times, more than {_MOST_COUNTED}"
    most = max((min(int((number or "0")[:9]), 10**9) for pair in counted for number in pair), default=0)
    return f"it repeats {most} times, more than {_MOST_TIMES}" if most > _MOST_TIMES else ""
