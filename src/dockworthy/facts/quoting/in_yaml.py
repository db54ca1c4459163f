"""Where secrets begin in the lines of a YAML or JSON text, by its structure: the key above says what a value is."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import yaml

from .telling import Telling, names_secret, secrets_in_arguments

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_PLAIN_WORDS = frozenset(
    {"secrets", "secret", "secretKeyRef", "secretRef", "secretName", "imagePullSecrets", "credentialSpec"}
    | {"credential_spec", "tokens", "serviceAccountToken"}
)
"""Keys of Compose and Kubernetes that sound like secrets: what stands under them are names, files and references."""

_LONGEST = 300
"""Characters. A longer value is a text of its own (a script, a manifest in a manifest): nobody knows what is in it."""


class Places:
    """The first secret in each line that is asked for, as a column from 0; and where a line's content ends."""

    def __init__(self, lines: Sequence[int], telling: Telling) -> None:
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
        return names_secret(name) and name not in _PLAIN_WORDS

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


def places_in_yaml(text: str, lines: Sequence[int], telling: Telling) -> Places | None:
    """`lines` ascend, from 0. None where the text is no YAML with a structure (a Dockerfile, a list of variables)."""
    places = Places(lines, telling)
    try:
        for root in yaml.compose_all(text, Loader=_Loader):
            if isinstance(root, yaml.ScalarNode):
                return None
            if root is not None:
                places.walk(root)
    except yaml.YAMLError:
        return None
    return places
