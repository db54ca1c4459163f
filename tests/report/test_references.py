"""What the controls cite, against the catalogue of the benchmarks: nothing made up, nothing mixed up, nothing left."""

from __future__ import annotations

from dockworthy.controls.registry import all_controls
from dockworthy.report.benchmark_table import references_contradicting, references_unknown, unanswered


def test_no_control_cites_what_no_benchmark_has() -> None:
    assert references_unknown(all_controls().values()) == []


def test_no_control_means_different_recommendations_in_different_versions() -> None:
    assert references_contradicting(all_controls().values()) == []


def test_every_recommendation_has_a_control_or_a_reason_why_a_machine_cannot_tell() -> None:
    assert unanswered(all_controls().values()) == []
