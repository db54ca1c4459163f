"""Lines of files as reports may quote them: each ends where a secret begins, and in doubt there is none.

A value is a secret by its shape, its name, or because it is known to be one; in YAML and JSON the key above says what
a value is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from textwrap import dedent

import yaml
from msgspec import Struct, structs

from ..model.field import Source
from ..model.finding import Finding, Outcome
from ..model.fix import Edit, Fix
from ..model.pattern import lazy_pattern
from ..model.secret_names import is_secret
from .secret_values import first_secret, secret_begins

_SHORTEST = 4
"""Characters. A shorter secret is found by its name alone: as a value it is part of many other words."""

_LONG = 8
"""Characters. A shorter known secret counts only where it is a whole word; one of letters alone may be any word."""

_ONE_BY_ONE = 200
"""Known secrets that are looked for everywhere in a text; with more of them only its words are looked up."""

_WORD = lazy_pattern(r"[^\s\"'=,;:@\[\]{}()<>|&]+")
_NAMED = lazy_pattern(r"\s*(?:(?:ENV|ARG|LABEL)\s+)?([A-Za-z_][\w.-]*)(?:\s*[=:]\s*|\s+)(.+)", re.DOTALL)


class SecretTelling:
    """Knows the secrets that were found in the same files."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        parts = {part for secret in secrets for part in (secret, *secret.splitlines())}
        known = {part for part in parts if len(part) >= _SHORTEST and not part.isalpha()}
        self._long = frozenset(part for part in known if len(part) >= _LONG)
        self._words = known - self._long if len(self._long) <= _ONE_BY_ONE else frozenset(known)

    def begins(self, text: str) -> int | None:
        """The first character that must not be shown; None where the text tells nothing."""
        places = (self._known_one(text), first_secret(text), _by_name(text))
        return min((place for place in places if place is not None), default=None)

    def tells(self, text: str) -> bool:
        """Is there a secret in it?"""
        return self.begins(text) is not None

    def _known_one(self, text: str) -> int | None:
        words = (word.start() for word in _WORD.finditer(text) if word[0] in self._words) if self._words else ()
        anywhere = self._long if len(self._long) <= _ONE_BY_ONE else ()
        return min((*words, *(place for secret in anywhere if (place := text.find(secret)) >= 0)), default=None)


def names_secret(name: str) -> bool:
    """Is whatever stands under this name a secret, also where it is long and has parts?"""
    return is_secret(name, "a1" * 10)


def secrets_in_arguments(arguments: list[str]) -> list[int | None]:
    """Of each the character at which a secret begins, by the flag before it or by its program; None where none does."""
    return secret_begins(arguments)


def _by_name(text: str) -> int | None:
    """`PASSWORD=two words`, `ENV PASSWORD value`: all of the rest is the value."""
    found = _NAMED.match(text)
    return found.start(2) if found and is_secret(found[1], found[2].strip("\"' ")) else None


_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_PLAIN_WORDS = frozenset(
    {"secrets", "secret", "secretKeyRef", "secretRef", "secretName", "imagePullSecrets", "credentialSpec"}
    | {"credential_spec", "tokens", "serviceAccountToken"}
)
"""Keys of Compose and Kubernetes that sound like secrets: what stands under them are names, files and references."""

_WHERE = frozenset({"file", "environment", "external"})
"""Keys of a secret's definition in a Compose file that say where it comes from. (`content` is the secret itself.)"""

_LONGEST = 300
"""Characters. A longer value is a text of its own (a script, a manifest in a manifest): nobody knows what is in it."""


class SecretColumns:
    """The first secret in each line that is asked for, as a column from 0; and where a line's content ends."""

    def __init__(self, lines: Sequence[int], telling: SecretTelling) -> None:
        self.begins: dict[int, int] = {}
        self.ends: dict[int, int] = {}
        self._lines = lines  # ascending, from 0
        self._telling = telling
        self._seen: set[tuple[int, bool]] = set()

    def walk(self, root: yaml.Node) -> None:
        """Looks at whatever stands in one of the lines, without recursion: a document may be deep."""
        waiting = [(root, False)]
        while waiting:
            node, secret = waiting.pop()
            if (id(node), secret) in self._seen or not self._in(node):
                continue
            self._seen.add((id(node), secret))
            if isinstance(node, yaml.MappingNode):
                waiting.extend(self._of_mapping(node, secret))
            elif isinstance(node, yaml.SequenceNode):
                waiting.extend(self._of_sequence(node, secret))
            elif isinstance(node, yaml.ScalarNode):
                self._scalar(node, secret)

    def _of_mapping(self, node: yaml.MappingNode, secret: bool) -> Iterator[tuple[yaml.Node, bool]]:
        said = {key.value: value.value for key, value in node.value if isinstance(value, yaml.ScalarNode)}
        names_value = isinstance(said.get("name"), str) and names_secret(said["name"])
        is_secret_object = said.get("kind") == "Secret"
        for key, value in node.value:
            yield key, False
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            below = secret or (name == "value" and names_value) or self._holds_secrets(name, value, is_secret_object)
            yield value, below

    def _holds_secrets(self, name: str, value: yaml.Node, is_secret_object: bool) -> bool:
        if name == "stringData" or (is_secret_object and name in ("data", "binaryData")):
            return True
        if isinstance(value, yaml.ScalarNode):
            if len(value.value) > _LONGEST:  # is not shown at all
                return False
            return self._telling.tells(f"{name}={value.value}") and not self._telling.tells(value.value)
        return names_secret(name) and name not in _PLAIN_WORDS and not _says_where(value)

    def _of_sequence(self, node: yaml.SequenceNode, secret: bool) -> Iterator[tuple[yaml.Node, bool]]:
        """An argument is known by the one before it."""
        words = [item.value if isinstance(item, yaml.ScalarNode) else "" for item in node.value]
        for item, word, place in zip(node.value, words, secrets_in_arguments(words), strict=True):
            yield item, secret or (place is not None and not self._telling.tells(word))

    def _scalar(self, node: yaml.ScalarNode, secret: bool) -> None:
        first, last = node.start_mark, node.end_mark
        if last.line == first.line or node.style not in ("|", ">"):
            self.ends[last.line] = max(self.ends.get(last.line, 0), last.column)
        begins = 0 if secret or len(node.value) > _LONGEST or "binary" in node.tag else self._telling.begins(node.value)
        if begins is None:
            return
        as_written = not node.style and last.line == first.line  # no quotes, no folding: as it reads
        for line in self._between(first.line, last.line):
            column = 0 if line != first.line else first.column + (begins if as_written else 0)
            self.begins[line] = min(self.begins.get(line, column), column)

    def _in(self, node: yaml.Node) -> bool:
        return bool(self._between(node.start_mark.line, node.end_mark.line))

    def _between(self, first: int, last: int) -> Sequence[int]:
        """Of the lines that are asked for, those from `first` to `last`."""
        return self._lines[bisect_left(self._lines, first) : bisect_left(self._lines, last + 1)]


def _says_where(value: yaml.Node) -> bool:
    if not isinstance(value, yaml.MappingNode) or not value.value:
        return False
    return all(isinstance(key, yaml.ScalarNode) and key.value in _WHERE for key, _ in value.value)


def places_in_yaml(text: str, lines: Sequence[int], telling: SecretTelling) -> SecretColumns | None:
    """`lines` ascend, from 0. None where the text is no YAML with a structure (a Dockerfile, a list of variables)."""
    places = SecretColumns(lines, telling)
    try:
        for root in yaml.compose_all(text, Loader=_Loader):
            if isinstance(root, yaml.ScalarNode):
                return None
            if root is not None:
                places.walk(root)
    except yaml.YAMLError:
        return None
    return places


CITED = frozenset({Outcome.FAIL, Outcome.UNKNOWN, Outcome.EXCEPTED, Outcome.PENDING})

HIDDEN = "***"
"""Stands for a secret, and for all that follows it in its line."""

LONGEST_LINE = 2000
"""Characters. A longer line was written by a program, and is read by none but programs."""

LARGEST_TEXT = 16 * 1024 * 1024
"""Characters. In a larger text only a program looks up lines."""

_OTHER_BREAKS = re.compile("\r(?!\n)|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
"""Line breaks to some programs and none to others: nobody can say which line is line 7."""

_STRUCTURED = (".yaml", ".yml", ".json")


def quoted_lines(
    findings: Iterable[Finding], text_of: Callable[[str], str | None], secrets: Iterable[str]
) -> dict[str, dict[int, str]]:
    """File -> line (from 1) -> text. `text_of` gives what a file held when it was read, None where that is gone.

    `secrets` are values that were hidden from the findings: they are hidden here, too.
    """
    telling = SecretTelling(secrets)
    quoted: dict[str, dict[int, str]] = {}
    for file, cited in _cited(findings).items():
        text = text_of(file)
        if text is not None and len(text) <= LARGEST_TEXT and not _OTHER_BREAKS.search(text):
            quoted[file] = dict(_quotes(file, text, cited, telling))
    return {file: lines for file, lines in quoted.items() if lines}


def without_secrets(fixes: Iterable[Fix], secrets: Iterable[str]) -> Iterator[Fix]:
    """Fixes as they may be reported: without the edits of one that would write a secret anew (`fix` knows them)."""
    telling = SecretTelling(secrets)
    for fix in fixes:
        tells = any(_tells(edit, telling) for edit in fix.edits)
        yield structs.replace(fix, edits=()) if tells else fix


def _tells(edit: Edit, telling: SecretTelling) -> bool:
    lines = edit.text.splitlines()
    if any(telling.tells(line) for line in lines):
        return True
    places = places_in_yaml(dedent(edit.text), range(len(lines)), telling)
    if places is None:
        return edit.text.strip() != "" and edit.file.endswith(_STRUCTURED)
    return bool(places.begins)


class _Cited(Struct, frozen=True):
    """`about_secret`: a finding there speaks of one. `ends`: the column (from 0) at which it found it."""

    about_secret: bool = False
    ends: int | None = None


def _cited(findings: Iterable[Finding]) -> dict[str, dict[int, _Cited]]:
    """File -> line -> what the findings there say of secrets."""
    cited: defaultdict[str, dict[int, _Cited]] = defaultdict(dict)
    for finding in findings:
        source = finding.evidence[0].source if finding.evidence else None
        if finding.outcome in CITED and source is not None and source.line:
            lines = cited[source.where]
            lines[source.line] = _with(lines.get(source.line, _Cited()), finding, source)
    return cited


def _with(known: _Cited, finding: Finding, source: Source) -> _Cited:
    """A file that is looked through as a text has its secret right where the finding points to."""
    about_secret = _speaks_of_secrets(finding)
    if not about_secret or finding.kind != "file" or not source.column:
        return _Cited(known.about_secret or about_secret, known.ends)
    return _Cited(True, min(source.column - 1, known.ends if known.ends is not None else source.column))


def _speaks_of_secrets(finding: Finding) -> bool:
    return "secret" in finding.control or finding.demand == "7.credentials"


def _quotes(file: str, text: str, cited: dict[int, _Cited], telling: SecretTelling) -> Iterator[tuple[int, str]]:
    all_lines = text.split("\n")
    numbers = sorted(line for line in cited if line <= len(all_lines))
    places = places_in_yaml(text, [line - 1 for line in numbers], telling)
    if places is None and file.endswith(_STRUCTURED):
        return
    for number in numbers:
        line = all_lines[number - 1].rstrip("\r")
        quote = _quote(line, number - 1, places, telling, cited[number])
        if quote:
            yield number, quote


def _quote(line: str, number: int, places: SecretColumns | None, telling: SecretTelling, cited: _Cited) -> str:
    """`""` where nothing can be shown. What is said to be a secret and was not found is not shown, either."""
    if len(line) > LONGEST_LINE:
        return ""
    begins = [cited.ends, *([] if places is None else [places.begins.get(number)])]
    kept = line if places is None else _without_comment(line, places.ends.get(number, 0))
    found = [place for place in (*begins, telling.begins(kept)) if place is not None]
    if not found:
        return "" if cited.about_secret else kept.rstrip()
    shown = line[: min(found)]
    return shown + HIDDEN if shown.strip(" \t-[{\"'") else ""


def _without_comment(line: str, end: int) -> str:
    """A comment may say anything. `end`: where the last value of the line ends."""
    comment = re.compile(r"(?:^|\s)#").search(line, end)
    return line if comment is None else line[: comment.start()]
