"""Makes changes in the text of a Compose file: the lines that must change do, and no other byte.

The text is not written again from data: a change is spliced into it where libyaml says that its place is, and the new
text is read again. Where that does not mean exactly what the old one meant with the changes made, nothing is done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, zip_longest
from typing import Any

from msgspec import structs

from ..errors import UsageError
from ..model.fix import WHOLE_FILE, Change, How
from .refused import FixRefused
from .splices import Layout, NoPlace, Splice, Splices, layout_of
from .yaml_tree import Node, NodeKind, as_list, holds_anchor, place_of, read_document, same, scalar, with_change


def splices_of(
    text: str, root: Node, change: Change, wanted: Any, layout: Layout, *, at_anchors: bool = False
) -> list[Splice]:
    """`wanted`: what the whole document must say afterwards. Raises NoPlace."""
    if change.service == WHOLE_FILE:
        return _Finding(Splices(text, layout), change).top(root, wanted)
    services = root.entry("services")
    entry = services[1].entry(change.service) if services is not None else None
    if entry is None:
        at = root.start if services is None else services[1].start
        raise NoPlace(f"services.{change.service} does not stand in this file itself", at)
    return _Finding(Splices(text, layout), change, at_anchors).service(*entry, wanted["services"][change.service])


class _Finding:
    def __init__(self, splices: Splices, change: Change, at_anchors: bool = False) -> None:
        self._at_anchors = at_anchors
        self._splices = splices
        self._change = change

    def top(self, root: Node, wanted: Any) -> list[Splice]:
        return self._in_mapping(root, self._change.path, wanted)

    def service(self, name: Node, value: Node, wanted: Any) -> list[Splice]:
        if self._at_anchors or value.kind is not NodeKind.ALIAS:
            value = value.meant
            return self._in_mapping(value, self._change.path, wanted)
        key = self._change.path[0]
        if key not in wanted or value.meant.kind is not NodeKind.MAPPING:
            raise self._elsewhere(value.meant)
        return [self._splices.merging(name, value, key, wanted[key])]

    def _in_mapping(self, mapping: Node, path: Sequence[str], wanted: Any) -> list[Splice]:
        if mapping.kind is not NodeKind.MAPPING:
            raise NoPlace(f"{self._place()} is not a mapping", mapping.start)
        key, entry = path[0], mapping.entry(path[0])
        if entry is None:
            base = next((base for base in mapping.merges() if base.entry(key)), None) if self._at_anchors else None
            if base is not None and (key in wanted or len(base.pairs) > 1):  # `<<` must go on naming a mapping
                return self._in_mapping(base, path, wanted)
            if key not in wanted:
                raise self._elsewhere(next(mapping.merges(), mapping))
            return [self._splices.insert_key(mapping, key, wanted[key])]
        if key not in wanted:
            return [self._splices.delete_key(mapping, *entry)]
        return self._in_value(entry[0], entry[1], path[1:], wanted[key])

    def _in_value(self, name: Node | None, value: Node, path: Sequence[str], wanted: Any) -> list[Splice]:
        if self._at_anchors and value.kind is NodeKind.ALIAS and value.meant.kind is not NodeKind.SCALAR:
            if not path and self._change.how is How.SET:
                raise NoPlace(f"{self._place()} is replaced as a whole", value.start)
            name, value = None, value.meant
        whole = [self._splices.replace(name, value, wanted)] if wanted is not None or not path else []
        if value.kind in (NodeKind.ALIAS, NodeKind.SCALAR):
            return whole
        if path and value.kind is NodeKind.MAPPING:
            return self._in_mapping(value, path, wanted)
        if path:
            index = int(path[0])
            return self._in_value(None, value.items[index], path[1:], wanted[index])
        if self._change.how is How.ADD:
            return self._added(value, wanted)
        if self._change.how is How.REMOVE and value.kind is NodeKind.SEQUENCE:
            return self._taken(value)
        return whole

    def _added(self, value: Node, wanted: Any) -> list[Splice]:
        if value.kind is NodeKind.SEQUENCE:
            return [self._splices.append_item(value, item) for item in wanted[len(value.items) :]]
        found: list[Splice] = []
        for key in self._change.value:
            entry = value.entry(key)
            if entry is None:
                found.append(self._splices.insert_key(value, key, wanted[key]))
            elif entry[1].kind is not NodeKind.SCALAR or not same(scalar(entry[1]), wanted[key]):
                found.append(self._splices.replace(entry[0], entry[1], wanted[key]))
        return found

    def _taken(self, value: Node) -> list[Splice]:
        gone = as_list(self._change.value)
        here = [
            index
            for index, item in enumerate(value.items)
            if item.meant.kind is NodeKind.SCALAR and any(same(scalar(item.meant), leaving) for leaving in gone)
        ]
        return [self._splices.delete_item(value, index) for index in here]

    def _place(self) -> str:
        return ".".join(place_of(self._change))

    def _elsewhere(self, base: Node) -> NoPlace:
        anchor = f"&{base.anchor}" if base.anchor else "an anchor"
        entry = base.entry(self._change.path[0])
        at = base.start if entry is None else entry[0].start
        return NoPlace(f"{self._place()} is written at {anchor}", at, "make the change by hand there")


def edit_compose(
    text: str, changes: Sequence[Change], *, file: str, layout: Layout | None = None, at_anchors: bool = False
) -> str:
    """The text with the changes made, one after the other; everything else byte for byte the same.

    A change that is made already is left out. Raises FixRefused (file, line, what to do by hand) where a change has no
    place in this text, or would change more than was asked; UnreadableInput where the text is broken. `layout`: that of
    the file, where the text is a part of one. `at_anchors`: what an alias or a merge brings is changed where its anchor
    stands, in an extension (`x-...`), which must then be meant by all services that use it.
    """
    root, data = read_document(text, file)
    first = wanted = data
    for wave in _waves(root, list(chain.from_iterable(map(_single, changes)))):
        for change in wave:
            wanted = changed_data(wanted, change, file)
        text, root, data = _with_changes(text, root, data, wave, file=file, layout=layout, at_anchors=at_anchors)
    if not same(_meant(data, at_anchors), _meant(wanted, at_anchors)):
        raise _too_much(first, wanted, data, changes[0], file)
    return text


def changed_data(data: Any, change: Change, file: str) -> Any:
    """The data with the change made. Raises FixRefused where it has no such place."""
    services = data.get("services")
    is_there = change.service == WHOLE_FILE or (
        isinstance(services, dict) and isinstance(services.get(change.service), dict)
    )
    if not is_there:
        raise FixRefused(f"there is no service {change.service} in this file", file=file)
    try:
        wanted = with_change(data, change)
    except (KeyError, IndexError, ValueError, TypeError):
        place = ".".join(place_of(change))
        raise FixRefused(f"{place} is not what it should be", file=file) from None
    if change.service != WHOLE_FILE and not wanted.get("services", {}).get(change.service):
        raise FixRefused(f"nothing would be left of services.{change.service}", file=file)
    return wanted


def _waves(root: Node, singles: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes that can be made at once: of services that no anchor ties to each other, one each."""
    services = root.entry("services")
    found = {name.value: value for name, value in services[1].pairs} if services is not None else {}
    if any(
        change.service == WHOLE_FILE or (change.service in found and holds_anchor(found[change.service]))
        for change in singles
    ):
        yield from ([change] for change in singles)
        return
    queues: dict[str, list[Change]] = {}
    for change in singles:
        queues.setdefault(change.service, []).append(change)
    for wave in zip_longest(*queues.values()):
        yield [change for change in wave if change is not None]


def _with_changes(
    text: str, root: Node, data: Any, wave: Sequence[Change], *, file: str, layout: Layout | None, at_anchors: bool
) -> tuple[str, Node, Any]:
    """The text with the changes spliced in, read again."""
    splices: list[Splice] = []
    layout = layout or layout_of(text, root)
    for change in wave:
        wanted = changed_data(data, change, file)
        if same(_part(data, change), _part(wanted, change)):
            continue
        try:
            splices += splices_of(text, root, change, wanted, layout, at_anchors=at_anchors)
        except NoPlace as none:
            line = text.count("\n", 0, none.at) + 1
            raise FixRefused(none.says, file=file, line=line, hint=none.hint) from None
    if not splices:
        return text, root, data
    if at_anchors:  # several services ask for the same change of the one anchor
        splices = [splice for number, splice in enumerate(splices) if splice not in splices[:number]]
    edited = apply_splices(text, splices)
    try:
        return edited, *read_document(edited, file)
    except UsageError:
        raise _by_hand(wave[0], file) from None


def _meant(data: Any, at_anchors: bool) -> Any:
    """What the file means to Compose: an extension means nothing by itself."""
    return {key: value for key, value in data.items() if not str(key).startswith("x-")} if at_anchors else data


def _part(data: Any, change: Change) -> Any:
    """What of the file the change is about."""
    return data if change.service == WHOLE_FILE else data["services"][change.service]


def _single(change: Change) -> Iterator[Change]:
    """One entry at a time: where two of a list go, the second one's place is known when the first is gone."""
    if change.how is How.SET or change.value is None:
        yield change
    elif isinstance(change.value, dict):
        yield from (structs.replace(change, value={key: value}) for key, value in change.value.items())
    else:
        yield from (structs.replace(change, value=[entry]) for entry in as_list(change.value))


def apply_splices(text: str, splices: Iterable[Splice]) -> str:
    """All of them at once: each counts the characters of the text as it is. At one place they stand in their order."""
    numbered = enumerate(splices)
    for _, splice in sorted(numbered, key=lambda pair: (pair[1].start, pair[1].end, pair[0]), reverse=True):
        text = text[: splice.start] + splice.text + text[splice.end :]
    return text


def _too_much(first: Any, wanted: Any, got: Any, change: Change, file: str) -> FixRefused:
    others = [
        name
        for name, service in got["services"].items()
        if not same(service, wanted["services"].get(name)) and not same(service, first["services"].get(name))
    ]
    if others:
        return FixRefused(
            f"services.{change.service} is shared by an anchor: the change would also change {', '.join(others)}",
            file=file,
            hint="make the change by hand where the anchor stands, if it is meant for all of them",
        )
    return _by_hand(change, file)


def _by_hand(change: Change, file: str) -> FixRefused:
    return FixRefused(
        f"{_where(change)} is laid out in a way that can't be changed without changing more",
        file=file,
        hint="make the change by hand",
    )


def _where(change: Change) -> str:
    return change.path[0] if change.service == WHOLE_FILE else f"services.{change.service}"
