"""What imports each other in a circle is one thing in several files, and can't be understood one file at a time."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter

import grimp
import pytest


def test_imports_go_in_no_circle() -> None:
    """Those in functions count, too: they only hide it."""
    graph = grimp.build_graph("dockworthy", cache_dir=None)
    imported = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imported).prepare()
    except CycleError as error:
        pytest.fail(f"these import each other in a circle: {' -> '.join(error.args[1])}")
