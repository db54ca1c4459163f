"""Finds where in a Compose file's text a change has its place: down the path, past anchors and merges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..model.fix import WHOLE_FILE, Change, How
from .layout import Layout
from .plain_changes import as_list, place_of, same
from .plain_data import scalar
from .splices import NoPlace, Splice, Splices
from .yaml_tree import Kind, Node


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
        if self._at_anchors or value.kind is not Kind.ALIAS:
            value = value.meant
            return self._in_mapping(value, self._change.path, wanted)
        key = self._change.path[0]
        if key not in wanted or value.meant.kind is not Kind.MAPPING:
            raise self._elsewhere(value.meant)
        return [self._splices.merging(name, value, key, wanted[key])]

    def _in_mapping(self, mapping: Node, path: Sequence[str], wanted: Any) -> list[Splice]:
        if mapping.kind is not Kind.MAPPING:
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
        if self._at_anchors and value.kind is Kind.ALIAS and value.meant.kind is not Kind.SCALAR:
            if not path and self._change.how is How.SET:
                raise NoPlace(f"{self._place()} is replaced as a whole", value.start)
            name, value = None, value.meant
        whole = [self._splices.replace(name, value, wanted)] if wanted is not None or not path else []
        if value.kind in (Kind.ALIAS, Kind.SCALAR):
            return whole
        if path and value.kind is Kind.MAPPING:
            return self._in_mapping(value, path, wanted)
        if path:
            index = int(path[0])
            return self._in_value(None, value.items[index], path[1:], wanted[index])
        if self._change.how is How.ADD:
            return self._added(value, wanted)
        if self._change.how is How.REMOVE and value.kind is Kind.SEQUENCE:
            return self._taken(value)
        return whole

    def _added(self, value: Node, wanted: Any) -> list[Splice]:
        if value.kind is Kind.SEQUENCE:
            return [self._splices.append_item(value, item) for item in wanted[len(value.items) :]]
        found: list[Splice] = []
        for key in self._change.value:
            entry = value.entry(key)
            if entry is None:
                found.append(self._splices.insert_key(value, key, wanted[key]))
            elif entry[1].kind is not Kind.SCALAR or not same(scalar(entry[1]), wanted[key]):
                found.append(self._splices.replace(entry[0], entry[1], wanted[key]))
        return found

    def _taken(self, value: Node) -> list[Splice]:
        gone = as_list(self._change.value)
        here = [
            index
            for index, item in enumerate(value.items)
            if item.meant.kind is Kind.SCALAR and any(same(scalar(item.meant), leaving) for leaving in gone)
        ]
        return [self._splices.delete_item(value, index) for index in here]

    def _place(self) -> str:
        return ".".join(place_of(self._change))

    def _elsewhere(self, base: Node) -> NoPlace:
        anchor = f"&{base.anchor}" if base.anchor else "an anchor"
        entry = base.entry(self._change.path[0])
        at = base.start if entry is None else entry[0].start
        return NoPlace(f"{self._place()} is written at {anchor}", at, "make the change by hand there")
