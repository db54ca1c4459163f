"""A Compose file with all that it includes: one unit for each service."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from pathlib import Path
from typing import Any, Final, NamedTuple

import msgspec
from msgspec import Struct, structs

from ...errors import UnreadableInput
from ...model.field import Set, Source, Unknown, Unset
from ...model.pattern import lazy_pattern
from ...model.workload import Mount, Unit
from ..yaml_source import Value, documents
from .entry import ComposeEntry
from .faults import faults_in, refusal_of_compose, refusal_of_ours
from .loading import Budget, ComposeFiles, Reach
from .merging import Extending, merged
from .mounts import MountScope
from .rendering import ComposeProgram, NotAsked, RefusedByCompose
from .service import Services, read_service
from .variables import Variables, environment_of, with_env_files, with_project_name


class _Project(NamedTuple):
    """What is read as one project. `documents`: its files, a later one over the earlier. `above`: the files that
    include it. `budget`: what those have counted already. `top`: the folder of the outermost."""

    documents: Sequence[Value]
    variables: Variables
    folder: str
    above: tuple[str, ...] = ()
    budget: Budget | None = None
    top: str = ""


def read_compose(
    document: Value,
    *,
    environ: Mapping[str, str],
    folder: Path,
    over: Sequence[Value] = (),
    compose: ComposeProgram | None = None,
    strict: bool = False,
    part: bool = False,
    trusted: bool = True,
) -> list[Unit]:
    """One unit for each service. `folder`: where relative paths and `.env` are looked for. `over`: further files of
    the project, each laid over those before it, as by several `-f`. `compose`: who else is asked, and outranks us.
    `strict`: a project that Compose does not load is none. `part`: it may be meant to be extended, or laid over another
    one: then it may lack what those bring. `trusted`: may the files ask for the environment's values?

    Raises UnreadableInput (file, line) for a value of the wrong type, for a file that it refers to and is missing, and,
    where it is strict, for what Compose refuses or would refuse.
    """
    here, files = os.path.abspath(folder), [document, *over]
    variables = with_env_files(environment_of(environ, trusted=trusted), [os.path.join(folder, ".env")])
    reach = None if trusted or compose is None else Reach()
    wholes: list[ComposeEntry] = []
    units = _units(_Project(files, variables, here), wholes, reach)
    why = "" if reach is None or not units else reach.leads_out(variables)
    answer = NotAsked(why) if why else _asked(compose, units, files, here)
    if strict and not isinstance(answer, bytes):
        _refuse(answer, wholes, part=part)
    if answer is None:
        return units
    if isinstance(answer, bytes):
        return _as_compose_reads(units, answer, document.file, here)
    if isinstance(answer, RefusedByCompose):
        return units if host_tells(answer.says) else with_note(units, f"refuses the project: {answer.says}")
    return with_note(units, f"was not asked: {answer.says}" if why else f"gives no answer: {answer.says}")


def _asked(
    compose: ComposeProgram | None, units: list[Unit], files: Sequence[Value], folder: str
) -> bytes | RefusedByCompose | NotAsked | None:
    """What Compose says. It is asked only about what could be read here: so it is never given a bomb."""
    if compose is None:
        return None
    if compose.left < 1:
        compose.passed_over += 1
        return None
    return compose.config(list(dict.fromkeys(file.file for file in files)), folder) if units else None


def _refuse(answer: RefusedByCompose | NotAsked | None, wholes: Sequence[ComposeEntry], *, part: bool) -> None:
    """Raises UnreadableInput where Compose refuses, and where our own reading sees that it would."""
    faults = [fault for fault in faults_in(wholes) if not (part and fault.lacking)]
    if isinstance(answer, RefusedByCompose) and not host_tells(answer.says) and (faults or not part):
        refusal = refusal_of_compose(answer.says, wholes, faults)
        if refusal is not None:
            raise refusal
    if faults:
        raise refusal_of_ours(faults[0])


def _as_compose_reads(units: list[Unit], answer: bytes, file: str, folder: str) -> list[Unit]:
    try:
        (project,) = documents(without_project_names(answer).decode(), file)
        read = {unit.name: unit for unit in _units(_Project([project], Variables({}), folder), [], None)}
    except (UnreadableInput, ValueError) as error:
        return with_note(units, f"gives no answer that can be read: {error}")
    return [settled(unit, read[unit.name]) if unit.name in read else unit for unit in units]


def _units(first: _Project, wholes: list[ComposeEntry], reach: Reach | None) -> list[Unit]:
    """Of the project and, each after the one that includes it, of all that are included, however deep they lie.
    `wholes` gets each as it is with all its files. `reach` hears of every file that is read, where it matters."""
    units: list[Unit] = []
    projects: list[Iterator[_Project]] = [iter([first])]
    while projects:
        project = next(projects[-1], None)
        if project is None:
            projects.pop()
            continue
        own, files, whole = _own(project, reach)
        units += own
        wholes.append(whole)
        projects.append(_included(project, whole, files))
    return units


def _own(project: _Project, reach: Reach | None) -> tuple[list[Unit], ComposeFiles, ComposeEntry]:
    """The units of one project, its files, and the project as it is with all of them."""
    documents, folder = project.documents, project.folder
    files = ComposeFiles(
        with_project_name(project.variables, documents, folder), folder, reach, project.budget, project.top
    )
    parts = [_extended(files.take(document, folder), files) for document in documents]
    whole = reduce(merged, parts)
    version = whole.get("version")
    first_at = {name: service.key for part in reversed(parts) for name, service in _services(part).items()}
    scope = MountScope(whole, files)
    services, by_programs = Services(), list[str]()
    for name, service in _services(whole).items():
        if not service.is_mapping:
            raise service.wrong("a service: a mapping")
        service = ComposeEntry(service.content, service.source, key=first_at[name])
        if (provider := service.get("provider")) is None:
            services[name] = service
        else:
            by_programs.append(_by_program(name, provider))
    units = {name: read_service(name, service, services, scope) for name, service in services.items()}
    own = [_with_others_mounts(unit, services[name], units, files) for name, unit in units.items()]
    if version is not None:
        note = f"{version.key}: Compose ignores `version`, which is obsolete: it can be taken out"
        own[:1] = [structs.replace(unit, notes=(note, *unit.notes)) for unit in own[:1]]
    said = (*by_programs, *_written_inline(services.values()))
    own[:1] = [structs.replace(unit, notes=(*unit.notes, *said)) for unit in own[:1]]
    return own, files, whole


_RUNS_FILES: Final = lazy_pattern(
    r"(?:ba|da|a|z|k|c|tc|fi)?sh|busybox|python[\d.]*|perl[\d.]*|ruby[\d.]*|php[\d.]*|lua[\d.]*|tclsh|node|nodejs|deno|bun|make|gmake|just"
)
"""Programs that Compose would have run the file `compose` of the folder, or what a file there says."""


def _written_inline(services: Iterable[ComposeEntry]) -> Iterator[str]:
    """Dockerfiles that stand in the project itself, which is judged as one text: for secrets, and for nothing else."""
    for service in services:
        build = service.get("build")
        inline = build.get("dockerfile_inline") if build is not None and build.is_mapping else None
        if inline is not None:
            yield f"{inline.key}: this Dockerfile was not judged: put it into a file of its own, and name that one here"


def _by_program(name: str, provider: ComposeEntry) -> str:
    """What a reader must know of a service that no container is made of: Compose runs `TYPE compose ... up` on the
    machine, as whoever deploys. TYPE is a plugin of docker's command line, or a program of that name or path. Raises
    UnreadableInput for one that runs what lies beside the file. Source: compose 2.36, pkg/compose/plugins.go."""
    written = provider.get("type") if provider.is_mapping else provider
    at, program = provider.key, "a program"
    if written is not None and written.gap is None:
        kind = written.text().strip()
        if "/" in kind or "\\" in kind or _RUNS_FILES.fullmatch(kind):
            raise UnreadableInput(
                f"{written.source.path} is {kind!r}: Compose runs that on the machine, with the rights of whoever "
                f"deploys, and {name} is no container that could be judged",
                file=written.source.where,
                line=written.source.line,
                hint="name a plugin of docker's command line that is installed there (`type: model`), or leave it out",
            )
        at, program = written.source, f"the program {kind}"
    return f"{at}: {program} of this machine creates {name}, with the rights of whoever deploys; it was not judged"


def _extended(part: ComposeEntry, files: ComposeFiles) -> ComposeEntry:
    """One file's services with all that they inherit. Compose does that file by file, before it lays one over another:
    what an override says of a service does not reach those that extend it."""
    services, extending = part.get("services"), Extending(files)
    if services is None:
        return part
    whole = services.holding({name: extending.whole(part, name) for name in services.mapping()})
    return part.holding({**part.mapping(), "services": whole})


def _services(whole: ComposeEntry) -> Mapping[str, ComposeEntry]:
    services = whole.get("services")
    return {} if services is None else services.mapping()


def _listed(parent: ComposeEntry, key: str) -> list[ComposeEntry]:
    found = parent.get(key)
    return [] if found is None else found.one_or_many()


def _included(project: _Project, whole: ComposeEntry, files: ComposeFiles) -> Iterator[_Project]:
    """`include` takes in a whole project with its own folder and `.env`; what is set here outranks that."""
    above = (*project.above, *(os.path.realpath(document.file) for document in project.documents))
    for entry in _listed(whole, "include"):
        if entry.gap is not None:
            gap, at = entry.gap, entry.source
            raise UnreadableInput(gap.reason, file=at.where, line=at.line, hint=gap.tell)
        paths = _listed(entry, "path") if entry.is_mapping else [entry]
        there = [os.path.join(files.folder_of(path.source), path.text()) for path in paths]
        if not there:
            raise entry.wrong("the path of a Compose file")
        if any(os.path.realpath(path) in above for path in there):
            says = f"`include` goes in a circle: {entry.source} names a file that is being read already"
            raise UnreadableInput(says, file=entry.source.where, line=entry.source.line)
        files.count_project(entry.source)
        documents = [document for path in there for document in files.documents(path, entry)]
        folder = _folder_of(entry, there[0], files)
        named = _listed(entry, "env_file") if entry.is_mapping else []
        env_files = [os.path.join(files.folder_of(item.source), item.text()) for item in named]
        variables = with_env_files(files.variables, env_files or [os.path.join(folder, ".env")])
        yield _Project(documents, variables, folder, above, files.budget, files.top)


def _folder_of(entry: ComposeEntry, first: str, files: ComposeFiles) -> str:
    written = entry.get("project_directory") if entry.is_mapping else None
    if written is None:
        return os.path.abspath(os.path.dirname(first))
    return os.path.abspath(os.path.join(files.folder_of(written.source), written.text()))


def _with_others_mounts(unit: Unit, service: ComposeEntry, units: Mapping[str, Unit], files: ComposeFiles) -> Unit:
    """`volumes_from: [db, "db:ro", "container:NAME"]`: what another one mounts is mounted here, too."""
    listed = service.get("volumes_from")
    container = unit.containers[0]
    mounts, unclear = list(container.mounts), dict(container.unclear)
    for entry in listed.items() if listed is not None else []:
        name, _, mode = entry.text().partition(":")
        if name in units and name != "container":
            files.count(len(units[name].containers[0].mounts), entry.source)
            mounts += [_as_seen_here(mount, mode, entry) for mount in units[name].containers[0].mounts]
        else:
            says, other = f"what {entry.text()} mounts is not in this file", unclear.get("mounts")
            unclear["mounts"] = (
                Unknown(says, source=entry.source)
                if other is None
                else structs.replace(other, reason=f"{other.reason}; {says}")
            )
    whole = structs.replace(container, mounts=tuple(mounts), unclear=unclear)
    return structs.replace(unit, containers=(whole, *unit.containers[1:]))


def _as_seen_here(mount: Mount, mode: str, entry: ComposeEntry) -> Mount:
    return structs.replace(mount, read_only=mount.read_only or mode == "ro", declared_at=entry.source)


_NOT_COMPARED: Final = frozenset(
    # What names and places a thing, how a file puts it, and what no file tells.
    "id kind name dialect source containers volumes engine_paths notes labels annotations role image_id state "
    "processes changed_paths use unclear says taken_files network_uses hook_users environment_lines links "
    "declared_at".split()
)
_HOST_TELLS: Final = lazy_pattern(r"is missing a value|^env file .* not found")
_SERVICE: Final = lazy_pattern(r"services?[. ]\"?([\w.-]+?)(?=[\". :]|$)")
_SECTIONS: Final = ("volumes", "networks", "secrets", "configs")


def without_project_names(rendering: bytes) -> bytes:
    """Compose gives every volume and network the project's name in front; that is not what the file calls them.

    Raises msgspec.DecodeError where it is no JSON.
    """
    project: dict[str, Any] = msgspec.json.decode(rendering, type=dict[str, Any])
    for section in _SECTIONS:
        for key, member in (project.get(section) or {}).items():
            if isinstance(member, dict) and member.get("name") == f"{project.get('name')}_{key}":
                del member["name"]
    return msgspec.json.encode(project)


def host_tells(says: str) -> bool:
    """Does Compose miss what only the host can tell: a variable that it needs, an env file? That is unknown in ours."""
    return _HOST_TELLS.search(says) is not None


def with_note(units: list[Unit], says: str) -> list[Unit]:
    """What Compose does instead of telling how it reads the project, with the place that it speaks of: our own reading
    was judged."""
    named = _SERVICE.search(says)
    source = next((unit.source for unit in units if named is not None and unit.name == named[1]), None)
    place = units[0].source.where if source is None else f"{source.where}:{source.line}"
    note = f"{place}: the Compose that is installed here {says}"
    return [structs.replace(units[0], notes=(*units[0].notes, note)), *units[1:]]


def settled(own: Unit, theirs: Unit) -> Unit:
    """`own`, with what Compose reads otherwise. What is unknown in ours stays so: Compose takes a variable without a
    value for an empty text, and the host may well set it."""
    mine, other = own.containers[0], theirs.containers[0]
    names: list[str] = []
    unit_changes = _differing(own, theirs, own.source, names)
    changes = _differing(mine, other, mine.source, names, unclear=frozenset(mine.unclear))
    if not names:
        return own
    said = ", ".join(sorted(names)).replace("_", " ")
    note = f"{own.source}: Compose itself reads {said} otherwise: what it reads was judged"
    whole = structs.replace(mine, **changes)
    return structs.replace(own, **unit_changes, containers=(whole, *own.containers[1:]), notes=(*own.notes, note))


def _differing(
    own: Any, theirs: Any, place: Source, names: list[str], *, unclear: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """The members that differ, with Compose's value; the name of each is put into `names`."""
    found: dict[str, Any] = {}
    for name in own.__struct_fields__:
        mine, other = getattr(own, name), getattr(theirs, name)
        if name in _NOT_COMPARED | unclear or isinstance(mine, Unknown) or isinstance(other, Unknown):
            continue
        if isinstance(mine, Struct) and not isinstance(mine, Set | Unset):  # a group of fields
            inner = _differing(mine, other, place, names)
            if inner:
                found[name] = structs.replace(mine, **inner)
        elif _plain(mine) != _plain(other):
            names.append(name)
            found[name] = _placed(other, mine, getattr(mine, "source", None) or place)
    return found


def _plain(value: Any) -> Any:
    """What can be compared: without places; what is empty is as good as what is not written."""
    if isinstance(value, Set):
        return _plain(value.value) or None
    if isinstance(value, Unset | Unknown):
        return None
    if isinstance(value, Struct):
        kept = (name for name in value.__struct_fields__ if name not in _NOT_COMPARED or name == "name")
        return {name: _plain(getattr(value, name)) for name in kept}
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value


def _placed(value: Any, mine: Any, place: Source) -> Any:
    """Compose's value with places of the file: those of the same member in our reading, else the nearest."""
    if isinstance(value, Source):
        return place
    if isinstance(value, Struct):
        return structs.replace(
            value, **{name: _placed(getattr(value, name), None, place) for name in value.__struct_fields__}
        )
    if isinstance(value, tuple):
        known = mine if isinstance(mine, tuple) else ()
        same = (next((member for member in known if _plain(member) == _plain(other)), None) for other in value)
        return tuple(
            _placed(other, None, place) if found is None else found for other, found in zip(value, same, strict=True)
        )
    return value
