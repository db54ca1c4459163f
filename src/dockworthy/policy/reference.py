"""The reference page of policies: what a rule can ask, from the model itself; the rest in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from msgspec import structs

from ..model.guard_policy import GuardPolicy
from .expression.checking import DEEPEST, MACROS
from .expression.evaluating import MOST_STEPS
from .expression.library import FUNCTIONS
from .expression.parsing import LONGEST
from .expression.types import Fields, ListOf, MapOf, Type, in_words
from .reference_words import COMMENTS, EXTENDS, GUARD, GUARD_PARTS, GUARD_ROLES, INTRODUCTION, RULES, TESTS
from .workload_view import entries

_SHOWN_FUNCTIONS = ("size", "contains", "startsWith", "endsWith", "matches", "int", "double", "timestamp", "duration")


def policy_page(written_by: str) -> str:
    """`docs/policy.md`."""
    limits = f"At most {LONGEST:,} characters, {DEEPEST} brackets inside each other, {MOST_STEPS:,} entries looked at."
    parts = ["# Policies", written_by, INTRODUCTION, RULES, limits, "## What a rule can ask", _asked(), *_nouns()]
    parts += ["## What CEL offers here", _offered(), EXTENDS, COMMENTS, TESTS, GUARD, _guard(), GUARD_ROLES]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _guard() -> str:
    """Each part of `guard:`; one without words here is an error."""
    return _table(("Part", "What it allows or limits", "Default"), [
        (field.name, GUARD_PARTS[field.name], f"`{_yaml(field.default)}`") for field in structs.fields(GuardPolicy)
    ])  # fmt: skip


def _yaml(default: object) -> str:
    return "true" if default is True else "false" if default is False else "[]" if default == () else str(default)


def _asked() -> str:
    rows = [(f"workload.{name}", _type(entry.type), entry.says) for name, entry in entries().items()]
    return _table(("Name", "Is", "Says"), rows)


def _nouns() -> Iterator[str]:
    """The structured values behind those names, each once."""
    for kind in _structured():
        rows = [(name, _type(inner)) for name, inner in kind.fields.items()]
        yield f"### {kind.name}\n\n{_first_line(kind)}{_table(('Field', 'Is'), rows)}"


def _structured() -> list[Fields]:
    found: dict[str, Fields] = {}
    waiting: list[Type] = [entry.type for name, entry in entries().items() if name != "containers"]
    while waiting:
        kind = waiting.pop(0)
        if isinstance(kind, ListOf):
            waiting.append(kind.element)
        elif isinstance(kind, MapOf):
            waiting.append(kind.value)
        elif isinstance(kind, Fields) and kind.name not in found:
            found[kind.name] = kind
            waiting += kind.fields.values()
    return [found[name] for name in sorted(found)]


def _first_line(kind: Fields) -> str:
    """What the model says of itself; a noun that says nothing has only msgspec's own words."""
    says = (kind.of.__dict__.get("__doc__") or "").strip()
    return f"{' '.join(says.split())}\n\n" if says and not says.startswith(f"{kind.name}(") else ""


def _type(kind: Type) -> str:
    return in_words(kind)


def _offered() -> str:
    shown = ", ".join(f"`{name}`" for name in _SHOWN_FUNCTIONS if name in FUNCTIONS)
    macros = ", ".join(f"`{name}`" for name in ("has", *sorted(MACROS)))
    return (
        f"`&&`, `||`, `!`, `? :`, `==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, arithmetic; {macros}; {shown}. CEL does not "
        "turn one type into another: `1 + 'a'` is unknown, with these words. `matches` takes RE2's expressions, "
        "whose time is linear in the text."
    )


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join([*lines, *("| " + " | ".join([f"`{row[0]}`", *row[1:]]) + " |" for row in rows)])
