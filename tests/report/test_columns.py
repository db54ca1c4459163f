"""The short way to a text's columns says what rich says."""

from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len, chop_cells, set_cell_size

from dockworthy.report.sheet import chopped, columns, cropped
from dockworthy.report.visible import visible

TEXTS = st.text(max_size=40).map(visible) | st.text(alphabet="a b…", max_size=40)


@given(TEXTS, st.integers(2, 30))
@example("web@sha256:…", 5)
@example("", 2)
@example("日本語", 2)
def test_columns_are_those_of_rich(text: str, width: int) -> None:
    assert columns(text) == cell_len(text)
    assert chopped(text, width) == chop_cells(text, width)
    if cell_len(text) > width:
        assert cropped(text, width) == set_cell_size(text, width)
