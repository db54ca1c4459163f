"""Shell that runs on hosts is in `.sh` files, which shellcheck reads; a Python string holds one line of it at most."""

from __future__ import annotations

import ast
import functools
from collections.abc import Iterator
from pathlib import Path

import pytest

import dockworthy

pytestmark = pytest.mark.slow

SOURCE = Path(dockworthy.__file__).parent
FOR_PEOPLE = (SOURCE / "controls", SOURCE / "policy" / "reference.py")
"""Examples of Dockerfiles and policies, and commands that a person is shown: none of them is run."""
SHELL = ("#!/bin/", "$(", "&& ", "|| ", "; then", "; do ", "; done", "; fi", "; }", ">/dev/null", ">&2", "2>", "set -e")
"""What text that holds one of these is shell: signs that no sentence and no pattern of ours has."""
MOST = 120
"""Letters of a line, as everywhere. What is put in between counts none."""


@functools.cache
def _modules() -> dict[Path, ast.Module]:
    return {file: ast.parse(file.read_text()) for file in sorted(SOURCE.rglob("*.py"))}


def _texts(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """(line, text) of each string that may be run: of an f-string what stands in it. Docstrings and hints never are."""
    if isinstance(tree, ast.Expr) and isinstance(tree.value, ast.Constant):
        return
    if isinstance(tree, ast.keyword) and tree.arg == "hint":
        return
    if isinstance(tree, ast.Constant) and isinstance(tree.value, str):
        yield tree.lineno, tree.value
    elif isinstance(tree, ast.JoinedStr):
        parts = [part.value for part in tree.values if isinstance(part, ast.Constant)]
        yield tree.lineno, "".join(map(str, parts))
        for part in tree.values:
            if isinstance(part, ast.FormattedValue):
                yield from _texts(part.value)
    else:
        for child in ast.iter_child_nodes(tree):
            yield from _texts(child)


def too_long(text: str) -> bool:
    """Is it shell, and more than a line?"""
    lines = [line for line in text.splitlines() if line.strip()]
    return any(sign in text for sign in SHELL) and (len(lines) > 1 or len(text.strip()) > MOST)


def test_no_string_holds_a_script() -> None:
    modules = {file: tree for file, tree in _modules().items() if not {file, *file.parents} & {*FOR_PEOPLE}}
    found = [
        f"{file.relative_to(SOURCE)}:{line}: {text.strip()[:60]!r}"
        for file, tree in modules.items()
        for line, text in _texts(tree)
        if too_long(text)
    ]
    assert modules and not found, "put it into a .sh file beside the module, and name that by a HostScript"


def test_each_script_is_named_by_a_module_beside_it() -> None:
    """One that nobody names is not run any more; a name without a file fails only when it is run."""
    called: dict[Path, set[str]] = {}
    for file, tree in _modules().items():
        names = {Path(text).name for _, text in _texts(tree) if text.endswith(".sh")}
        called.setdefault(file.parent, set()).update(names)
    scripts = sorted(SOURCE.rglob("*.sh"))
    assert len(scripts) > 60
    beside = {file: called.get(file.parent, set()) | called.get(file.parent.parent, set()) for file in scripts}
    assert [file for file, names in beside.items() if file.name not in names] == []
    named = {folder / text for folder, text in _host_scripts()}
    assert sorted(file for file in named if not file.is_file()) == []


def _host_scripts() -> Iterator[tuple[Path, str]]:
    """(folder of the module, name) of each HostScript that says its name there."""
    for file, tree in _modules().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "HostScript":
                name = node.args[1]
                if isinstance(name, ast.Constant):
                    yield file.parent, str(name.value)


@pytest.mark.parametrize(
    "source",
    [
        'script = """\nif [ -e a ]; then\n  rm a\nfi\n"""',
        "run('cd /tmp || exit\\nrm -f a\\n')",
        "run(f'cd {folder} || exit\\nrm -f {name}\\n')",
        "run('umask 077; '\n 'mkdir -p a && ' + '')" + "\nrun('a && " + "b" * MOST + "')",
        "Planning(asks={'x': 'set -eu\\ndate'})",
    ],
)
def test_a_script_is_found(source: str) -> None:
    assert any(too_long(text) for _, text in _texts(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        '"""Runs `a && b`.\n\nThen c."""',
        "run(f'cd {folder} && rm -f {name}')",
        "run(f'{functions}\\nhold {lock}\\n')",
        "raise UsageError('no', hint='docker rm a && " + "b" * MOST + "')",
        "help = 'One line.\\n\\nAnother one; and a list:\\n- a\\n'",
    ],
)
def test_a_line_and_a_text_are_not(source: str) -> None:
    assert not any(too_long(text) for _, text in _texts(ast.parse(source)))
