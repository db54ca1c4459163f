"""What of a list, or of the engine's events, somebody sees whose roles are limited to projects or images."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import msgspec
from msgspec import Struct

from ...model.guard_policy import Binding
from ...model.image_names import in_full, in_short
from ..routes import Call
from .affected_objects import Touched, described, image_found, listed_container
from .projects import projects_of


def is_limited(binding: Binding) -> bool:
    return bool(binding.projects or binding.images)


def within(binding: Binding, each: Touched, *, looks: bool, secrets: bool = False) -> bool:
    """`looks`: an image is only looked at, or fetched: one of no project is then everybody's. `secrets`: with the
    values of its environment, which are everybody's only if the image is a registry's."""
    if each.kind == "image":
        if binding.projects and each.is_local and each.project not in binding.projects and (each.project or secrets):
            return False
        if not binding.images:
            return looks
    if each.kind not in ("image", "node", "plugin") and binding.projects and each.project not in binding.projects:
        return False
    return not binding.images or each.image is None or _is_one_of(each.image, binding.images)


def _is_one_of(image: str, patterns: Sequence[str]) -> bool:
    written = (image, in_full(image), in_short(image)) if not image.startswith("sha256:") else (image,)
    return any(fnmatchcase(each, pattern) for each in written for pattern in patterns)


_KINDS = {
    "GET /containers/json": "container",
    "GET /images/json": "image",
    "GET /volumes": "volume",
    "GET /networks": "network",
    "GET /services": "service",
    "GET /tasks": "task",
    "GET /secrets": "secret",
    "GET /configs": "config",
    "GET /system/df": "use of the disk",
    "GET /events": "event",
}
"""The routes that speak of several objects."""
_NESTED = {"Containers": "container", "Volumes": "volume", "Images": "image"}


class ShownObjects(Struct, frozen=True, kw_only=True):
    """The answer is filtered, not the question: so nothing that a client writes into its own `filters` matters.
    `services` by their ids: a task names no project."""

    kind: str
    limits: tuple[Binding, ...]
    services: Mapping[str, Touched] = {}

    @property
    def by_lines(self) -> bool:
        """It comes while things happen, one object a line."""
        return self.kind == "event"

    def whole(self, body: bytes) -> bytes:
        """The same list with what is within the limits. Raises ValueError for what is no JSON."""
        try:
            return msgspec.json.encode(self._answer(msgspec.json.decode(body))) + b"\n"
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ValueError(str(error)) from None

    def item(self, kind: str, item: bytes) -> bytes:
        """An object of a list, or nothing. Raises ValueError for what is no JSON."""
        try:
            return item if self._fits(kind, msgspec.json.decode(item)) else b""
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ValueError(str(error)) from None

    def line(self, line: bytes) -> bytes:
        """An event, or nothing. Only containers and images say whose they are. Raises ValueError."""
        try:
            event = msgspec.json.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise ValueError(str(error)) from None
        return line if self._fits("event", event) else b""

    def _answer(self, answer: Any) -> Any:
        if self.kind == "use of the disk":
            lists = {name: self._items(kind, answer.get(name)) for name, kind in _NESTED.items() if name in answer}
            return {**answer, **lists, "BuildCache": []}
        if self.kind == "volume":
            return {**answer, "Volumes": self._items("volume", answer.get("Volumes"))}
        return self._items(self.kind, answer)

    def _items(self, kind: str, items: Any) -> Any:
        return [item for item in items if self._fits(kind, item)] if isinstance(items, list) else items

    def _fits(self, kind: str, item: Any) -> bool:
        try:
            described = list(self._described(kind, item))
        except (AttributeError, IndexError, KeyError, TypeError):
            return False  # not as the API has it: whose it is does not show
        return any(within(binding, each, looks=True) for binding in self.limits for each in described)

    def _described(self, kind: str, item: Any) -> Iterator[Touched]:
        """An image may be known by one of several names."""
        if kind == "container":
            yield listed_container(item)
        elif kind == "task":
            yield self.services[item["ServiceID"]]
        elif kind == "image":
            for name in [*(item.get("RepoTags") or ()), *(item.get("RepoDigests") or ())] or ["<none>"]:
                yield image_found(name, item, item)
        elif kind == "event":
            yield from _of_event(item)
        elif not kind:
            return  # a list that is shown to nobody who is limited
        else:
            yield described(kind, item, "")


def _of_event(event: Mapping[str, Any]) -> Iterator[Touched]:
    attributes = event["Actor"].get("Attributes") or {}
    if event["Type"] == "container":
        yield listed_container({"Labels": attributes, "Image": attributes.get("image", "")})
    elif event["Type"] == "image":
        name = attributes.get("name", "<none>")
        # It carries the image's labels as long as the image is there; whether a registry has it does not show.
        projects = projects_of({"Labels": attributes})
        project = " and ".join(sorted(projects)) or ("unknown" if event.get("Action") == "delete" else "")
        yield Touched(kind="image", name=name, image=name, project=project, is_local=bool(project))


def kind_shown(call: Call) -> str:
    """Empty for a request about one object: whether it may be seen is decided before it is asked for."""
    return _KINDS.get(call.route.line, "")


def lists_in(call: Call) -> Mapping[str, str]:
    """The lists of an answer: the kind of what they list by the name of each, which is empty where the answer itself is
    the list. Empty for all other answers."""
    kind = kind_shown(call)
    if kind in ("", "event"):
        return {}
    if kind == "use of the disk":
        return {**_NESTED, "BuildCache": ""}
    return {"Volumes": "volume"} if kind == "volume" else {"": kind}


def shown(call: Call, limits: tuple[Binding, ...], services: Sequence[Mapping[str, Any]] = ()) -> ShownObjects | None:
    """None where all of it may be seen. `services` matter to a list of tasks."""
    kind = kind_shown(call)
    if not kind or not limits:
        return None
    by_id = {each["ID"]: described("service", each, "") for each in services}
    return ShownObjects(kind=kind, limits=limits, services=by_id)
