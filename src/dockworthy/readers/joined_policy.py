"""`extends`: the policies of other files joined to a project's own, each part with the place where it was written."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import structs

from ..errors import UnreadableInput
from ..input_files import refusal
from ..model.before_deploy import BeforeDeploy, SignedImages
from ..model.field import Source
from ..model.policy import JoinedPolicy, Policy, PolicySources, ProjectFile
from .project_file import parse_document, text_of_file
from .strict_document import value_at
from .yaml_source import Value

DEEPEST = 10
"""Files that extend one another."""


def with_extended(project: ProjectFile, document: Value | None, path: Path) -> ProjectFile:
    """The project with its whole policy. What stands nearer counts: the own, then the files in the order named.

    Raises UnreadableInput for a file that can't be read, a circle, and a rule that is there twice.
    """
    joined = JoinedPolicy(sources=PolicySources(files=(str(path),)))
    if document is not None:
        joined = _joined(_with_sources(project.policy, document), document, path, chain=(), seen=set())
    return structs.replace(project, policy=joined)


def _joined(
    policy: JoinedPolicy, document: Value, path: Path, *, chain: tuple[str, ...], seen: set[str]
) -> JoinedPolicy:
    """`chain`: the files that lead here; `seen`: those that are joined already, and are not joined twice."""
    seen.add(os.path.realpath(path))
    chain = (*chain, str(path))
    names = (policy.extends,) if isinstance(policy.extends, str) else policy.extends
    for index, name in enumerate(names):
        entry = ".policy.extends" + ("" if isinstance(policy.extends, str) else f"[{index}]")
        line = value_at(document, entry).line
        other = Path(os.path.normpath(path.parent / name))
        _check_way(other, chain, str(path), line)
        if os.path.realpath(other) not in seen:
            policy = _both(policy, _read(other, chain, line, seen))
    return policy


def _check_way(other: Path, chain: tuple[str, ...], file: str, line: int) -> None:
    way = " -> ".join((*chain, str(other)))
    if os.path.realpath(other) in {os.path.realpath(link) for link in chain}:
        raise UnreadableInput(f"policy.extends goes in a circle: {way}", file=file, line=line)
    if len(chain) >= DEEPEST:
        raise UnreadableInput(f"policy.extends is more than {DEEPEST} files deep: {way}", file=file, line=line)
    if why := refusal(other):
        raise UnreadableInput(f"policy.extends: {other}: {why}", file=file, line=line)
    if not other.is_file():
        raise UnreadableInput(
            f"policy.extends: {other} is no file",
            file=file,
            line=line,
            hint=f"the path is relative to {file}" + (f"; read by way of {' -> '.join(chain)}" if chain[1:] else ""),
        )


def _read(path: Path, chain: tuple[str, ...], line: int, seen: set[str]) -> JoinedPolicy:
    try:
        project, document = parse_document(text_of_file(path), str(path))
    except UnreadableInput as error:
        by = f"extended by {chain[-1]}:{line}"
        raise UnreadableInput(
            error.problem, file=error.file, line=error.line, hint=f"{error.hint}; {by}" if error.hint else by
        ) from None
    if document is None:
        return JoinedPolicy(sources=PolicySources(files=(str(path),)))
    return _joined(_with_sources(project.policy, document), document, path, chain=chain, seen=seen)


def _with_sources(policy: Policy, document: Value) -> JoinedPolicy:
    def source(path: str) -> Source:
        return value_at(document, f".policy{path}").source

    rules, before = range(len(policy.rules)), policy.before_deploy
    sources = PolicySources(
        files=(document.file,),
        level=source(".level") if policy.level is not None else None,
        levels={name: document.at("policy", "levels", name).source for name in policy.levels},  # type: ignore[union-attr]
        exceptions=tuple(source(f".exceptions[{index}]") for index in range(len(policy.exceptions))),
        rules=tuple(source(f".rules[{index}]") for index in rules),
        conditions=tuple(source(f".rules[{index}].when") for index in rules),
        unknown=source(".unknown") if policy.unknown is not None else None,
        comments=source(".comments") if policy.comments is not None else None,
        host=source(".before_deploy.host") if before.host is not None else None,
        signatures=tuple(source(f".before_deploy.signatures[{index}]") for index in range(len(before.signatures))),
        tests=tuple(source(f".before_deploy.tests[{index}]") for index in range(len(before.tests))),
    )
    joined = JoinedPolicy(**structs.asdict(policy), sources=sources)
    joined = structs.replace(joined, before_deploy=_with_keys_found(before, Path(document.file).parent))
    _check_ids(joined)
    return joined


def _with_keys_found(before: BeforeDeploy, folder: Path) -> BeforeDeploy:
    """A key's path is relative to the file that names it; an address (`awskms://…`) stays."""

    def found(each: SignedImages) -> SignedImages:
        keys = (key if "://" in key else os.path.normpath(folder / key) for key in each.keys)
        return structs.replace(each, key=tuple(keys))

    return structs.replace(before, signatures=tuple(found(each) for each in before.signatures))


def _both(own: JoinedPolicy, base: JoinedPolicy) -> JoinedPolicy:
    mine, theirs = own.sources, base.sources
    joined = structs.replace(
        own,
        level=own.level or base.level,
        levels={**base.levels, **own.levels},
        exceptions=own.exceptions + base.exceptions,
        rules=own.rules + base.rules,
        unknown=own.unknown or base.unknown,
        comments=own.comments or base.comments,
        before_deploy=BeforeDeploy(
            host=own.before_deploy.host or base.before_deploy.host,
            signatures=own.before_deploy.signatures + base.before_deploy.signatures,
            tests=own.before_deploy.tests + base.before_deploy.tests,
        ),
        sources=PolicySources(
            files=mine.files + theirs.files,
            level=mine.level or theirs.level,
            levels={**theirs.levels, **mine.levels},
            exceptions=mine.exceptions + theirs.exceptions,
            rules=mine.rules + theirs.rules,
            conditions=mine.conditions + theirs.conditions,
            unknown=mine.unknown or theirs.unknown,
            comments=mine.comments or theirs.comments,
            host=mine.host or theirs.host,
            signatures=mine.signatures + theirs.signatures,
            tests=mine.tests + theirs.tests,
        ),
    )
    _check_ids(joined)
    return joined


def _check_ids(policy: JoinedPolicy) -> None:
    """A rule that is there twice would be two rules under one name."""
    places: dict[str, Source] = {}
    for rule, place in zip(policy.rules, policy.sources.rules, strict=True):
        if rule.id in places:
            first = places[rule.id]
            raise UnreadableInput(
                f"the rule {rule.id!r} is there twice, here and at {first.where}:{first.line}",
                file=place.where,
                line=place.line,
                hint="give one of them another id",
            )
        places[rule.id] = place


def read_project_file(path: Path) -> ProjectFile:
    """The whole of it. Raises UnreadableInput with the line for anything that is not understood."""
    project, document = parse_document(text_of_file(path), str(path))
    return with_extended(project, document, path)
