"""What Compose would refuse, as far as our own reading sees it; and where a refusal of Compose's own stands.

Each fault is one that Compose refuses whatever the host is. What depends on a variable that has no value here is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from ...errors import UnreadableInput
from ...model.pattern import lazy_pattern
from .entry import ComposeEntry, listed_as_mapping
from .merging import parts_of
from .recognising import ComposeFault, strange_keys, strange_keys_of_project

_TEXTS: Final = (
    "cgroup cgroup_parent container_name domainname hostname image ipc isolation mac_address network_mode pid platform "
    "pull_policy restart runtime stop_grace_period stop_signal user userns_mode uts working_dir"
).split()
_LISTS_OF_TEXTS: Final = (
    "cap_add cap_drop command device_cgroup_rules dns_opt entrypoint external_links links profiles security_opt "
    "volumes_from"
).split()
"""Keys of which Compose takes texts only: a number or a truth value must stand in quotes."""

_TESTS: Final = ("CMD", "CMD-SHELL", "NONE")
_SHARED: Final = ("network_mode", "pid", "ipc")
_SECTIONS: Final = ("networks", "volumes", "secrets", "configs")
_PATH: Final = lazy_pattern(r"\b(?:services|networks|volumes|secrets|configs)[.\[][\w.\[\]-]+")
_NAMED_SERVICE: Final = lazy_pattern(r"service \"?([\w.-]+)\"?")
_STRANGE: Final = lazy_pattern(r"Additional property ([\w.-]+) is not allowed")


def faults_in(projects: Sequence[ComposeEntry]) -> Iterator[ComposeFault]:
    """Of a project and of those that it includes: what one of them declares the others may name."""
    for project in projects:
        version = project.get("version")
        yield from _no_text(version) if version is not None else ()
        yield from strange_keys_of_project(project)
        for service in _members(project, "services").values():
            yield from _of_service(service)
    yield from _undeclared(projects)
    yield from _circles(projects)


def refusal_of_ours(fault: ComposeFault) -> UnreadableInput:
    """The error for a fault that nobody but us has seen."""
    path = fault.source.path
    says = f"Compose would refuse this file: {f'{path}: ' if path else ''}{fault.says}{fault.hint}"
    return UnreadableInput(says, file=fault.source.where, line=fault.source.line)


def refusal_of_compose(
    says: str, projects: Sequence[ComposeEntry], faults: Sequence[ComposeFault]
) -> UnreadableInput | None:
    """The error for what Compose says, at the place that it speaks of. None where that may be because a variable has no
    value here: then the host decides."""
    place = _place_of(says, projects)
    own = next((fault for fault in faults if _speaks_of(says, fault)), None)
    source = own.source if own is not None else place.key if place is not None else projects[0].source
    if own is None and (projects[0] if place is None else place).gap is not None:
        return None
    hint = own.hint if own is not None else ""
    return UnreadableInput(
        f"the Compose that is installed here refuses this file: {says}{hint}", file=source.where, line=source.line
    )


def _speaks_of(says: str, fault: ComposeFault) -> bool:
    """Is it the same matter? By the name that is wrong, or the path: `test.2` is Compose's word for `test[2]`."""
    path = fault.source.path.replace("[", ".").replace("]", "")
    return any(word in says for word in (fault.name, path) if word)


def _place_of(says: str, projects: Sequence[ComposeEntry]) -> ComposeEntry | None:
    """The innermost value that Compose names (`services.web.ports`, `service "web"`)."""
    path = _PATH.search(says)
    named = _NAMED_SERVICE.search(says)
    strange = _STRANGE.search(says)
    words = path[0].replace("[", ".").replace("]", "").strip(".").split(".") if path is not None else []
    if not words and named is not None:
        words = ["services", named[1]]
    if strange is not None:
        words.append(strange[1])
    found = None
    for project in projects if words else ():
        found = found or _innermost(project, words)
    return found


def _innermost(entry: ComposeEntry, words: Iterable[str]) -> ComposeEntry | None:
    found: ComposeEntry | None = None
    for word in words:
        if isinstance(entry.content, dict) and word in entry.content:
            entry = entry.content[word]
        elif isinstance(entry.content, list) and word.isdigit() and int(word) < len(entry.content):
            entry = entry.content[int(word)]
        else:
            break
        found = entry
    return found


def _of_service(service: ComposeEntry) -> Iterator[ComposeFault]:
    if not service.is_mapping:
        return
    yield from strange_keys(service)
    yield from _not_texts(service)
    if all(service.get(key) is None for key in ("image", "build", "provider")):
        yield ComposeFault("it has neither an image nor a build", service.key, lacking=True)
    if service.get("network_mode") is not None and service.get("networks") is not None:
        yield ComposeFault("`network_mode` and `networks` exclude each other", service.key)


def _not_texts(service: ComposeEntry) -> Iterator[ComposeFault]:
    health = service.get("healthcheck")
    parts = [service.get(key) for key in (*_TEXTS, *_LISTS_OF_TEXTS)]
    if health is not None and health.is_mapping:
        parts.append(health.get("test"))
        yield from _no_test(health.get("test"))
    for part in parts:
        for each in part.one_or_many() if part is not None else ():
            yield from _no_text(each)


def _no_text(entry: ComposeEntry) -> Iterator[ComposeFault]:
    if entry.kind:
        yield ComposeFault(
            f"it must be a text, and {entry.content} is a {entry.kind}: write it in quotes", entry.source
        )


def _no_test(test: ComposeEntry | None) -> Iterator[ComposeFault]:
    if test is None or not test.is_list or not test.items() or test.gap is not None:
        return
    first = test.items()[0]
    if isinstance(first.content, str) and first.content not in _TESTS:
        yield ComposeFault(f"it must begin with {', '.join(_TESTS[:2])} or {_TESTS[2]}", test.source)


def _undeclared(projects: Sequence[ComposeEntry]) -> Iterator[ComposeFault]:
    services = {name for project in projects for name in _members(project, "services")}
    declared = {section: {name for project in projects for name in _members(project, section)} for section in _SECTIONS}
    declared["networks"].add("default")
    for project in projects:
        for service in _members(project, "services").values():
            if not service.is_mapping:
                continue
            for name, at in _services_named(service):
                if name not in services:
                    yield ComposeFault(
                        f"there is no service {name!r}", at.source, name, _nearest(name, services), lacking=True
                    )
            for section in _SECTIONS:
                for name, at in _named(service, section):
                    if name not in declared[section]:
                        what = section.removesuffix("s")
                        says = f"the {what} {name!r} is not declared under `{section}`"
                        yield ComposeFault(says, at.source, name, _nearest(name, declared[section]), lacking=True)


def _nearest(name: str, known: Iterable[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, sorted(known), n=1)
    return f"; perhaps {near[0]} is meant" if near else ""


def _services_named(service: ComposeEntry) -> Iterator[tuple[str, ComposeEntry]]:
    """Those that must be there, with the place that names each."""
    yield from _needed(service)
    for entry in _listed(service, "links"):
        yield entry.text().partition(":")[0], entry
    for entry in _listed(service, "volumes_from"):
        kind, _, _ = entry.text().partition(":")
        if kind != "container":
            yield kind, entry
    for key in _SHARED:
        shared = service.get(key)
        if shared is not None and shared.gap is None and isinstance(shared.content, str):
            kind, _, name = shared.content.partition(":")
            if kind == "service":
                yield name, shared


def _needed(service: ComposeEntry) -> Iterator[tuple[str, ComposeEntry]]:
    """`depends_on`, but for what is not required."""
    depends = service.get("depends_on")
    if depends is None or depends.gap is not None:
        return
    for name, how in listed_as_mapping(depends).mapping().items():
        required = how.get("required") if how.is_mapping else None
        if required is None or required.content != "false":
            yield name, how


def _named(service: ComposeEntry, section: str) -> Iterator[tuple[str, ComposeEntry]]:
    if section == "networks":
        networks = service.get("networks")
        if networks is not None and networks.gap is None and not isinstance(networks.content, str):
            yield from listed_as_mapping(networks).mapping().items()
        return
    for entry in _listed(service, section):
        if entry.is_mapping:
            if section != "volumes" or entry.word("type") in ("", "volume"):
                source = entry.get("source")
                if source is not None and isinstance(source.content, str):
                    yield source.content, source
        elif section == "volumes":
            parts = parts_of(entry.text())
            if len(parts) > 1 and parts[0] and parts[0][:1] not in "./~\\" and parts[0][1:2] != ":":
                yield parts[0], entry
        else:
            yield entry.text(), entry


def _listed(service: ComposeEntry, key: str) -> list[ComposeEntry]:
    found = service.get(key)
    if found is None or not found.is_list:
        return []
    return [entry for entry in found.items() if entry.gap is None and not entry.is_list and not entry.is_null]


def _circles(projects: Sequence[ComposeEntry]) -> Iterator[ComposeFault]:
    """Services that wait for each other: Compose starts none of them."""
    needs: dict[str, dict[str, ComposeEntry]] = {}
    for project in projects:
        for name, service in _members(project, "services").items():
            needs[name] = dict(_needed(service)) if service.is_mapping else {}
    done: set[str] = set()
    for start in needs:
        way, waiting = {start: None}, [iter(needs[start].items())]
        while waiting and start not in done:
            name, at = next(waiting[-1], ("", None))
            if at is None:
                done.add(way.popitem()[0])
                waiting.pop()
            elif name in way:
                circle = " -> ".join([*list(way)[list(way).index(name) :], name])
                yield ComposeFault(f"the services wait for each other: {circle}", at.source)
                return
            elif name in needs and name not in done:
                way[name] = None
                waiting.append(iter(needs[name].items()))


def _members(project: ComposeEntry, section: str) -> dict[str, ComposeEntry]:
    found = project.get(section)
    return found.mapping() if found is not None and found.is_mapping else {}
