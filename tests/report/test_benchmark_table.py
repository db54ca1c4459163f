"""The catalogue of the benchmarks, and who answers what of it."""

from __future__ import annotations

import pytest

from dockworthy.model.benchmarks import BENCHMARKS, benchmark, recommendation_of
from dockworthy.model.control import Control, Subject, cis, nist, owasp, pss
from dockworthy.model.finding import Reference, Remedy
from dockworthy.model.levels import Level, Severity
from dockworthy.report.benchmark_table import (
    NOT_ANSWERED,
    benchmark_table,
    references_contradicting,
    references_unknown,
    unanswered,
)


def control(id: str, *references: Reference) -> Control:
    return Control(
        title="Containers are tidy",
        rationale="Untidy ones are lost.",
        level=Level.BASELINE,
        severity=Severity.LOW,
        demand="5.cleanup",
        subject=Subject.UNIT,
        remedy=Remedy("Tidy up."),
        references=references,
        id=id,
    )


def line_of(text: str, heading: str, id: str) -> str:
    """The line of `id` in the section with this heading."""
    section = text.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    return next(line for line in section.splitlines() if line.startswith(f"| {id} |"))


class TestCatalogue:
    @pytest.mark.parametrize(("version", "number"), [("1.6.0", 117), ("1.7.0", 117), ("1.8.0", 118)])
    def test_cis_is_whole(self, version: str, number: int) -> None:
        assert len(benchmark("cis-docker").in_version(version)) == number

    @pytest.mark.parametrize(
        ("chapter", "size"),
        [("1.1", 18), ("1.2", 2), ("2", 19), ("3", 24), ("4", 12), ("5", 32), ("6", 2), ("7", 9)],
    )
    def test_each_chapter_of_cis_counts_up_without_a_gap(self, chapter: str, size: int) -> None:
        ids = [id for id, _ in benchmark("cis-docker").in_version("1.8.0") if id.rpartition(".")[0] == chapter]
        assert ids == [f"{chapter}.{number}" for number in range(1, size + 1)]

    @pytest.mark.parametrize("name", BENCHMARKS)
    def test_no_id_stands_for_two_recommendations(self, name: str) -> None:
        ids = [pair for each in benchmark(name).recommendations for pair in each.ids.items()]
        assert len(ids) == len(set(ids))

    @pytest.mark.parametrize("name", BENCHMARKS)
    def test_titles_are_short_and_unlike_each_other(self, name: str) -> None:
        titles = [each.title for each in benchmark(name).recommendations]
        assert [title for title in titles if len(title.split()) > 10] == []
        assert len(titles) == len(set(titles))

    @pytest.mark.parametrize("name", BENCHMARKS)
    def test_reasons_are_clauses(self, name: str) -> None:
        reasons = [text for each in benchmark(name).recommendations for text in (each.why_not, each.obsolete) if text]
        assert [text for text in reasons if text.endswith(".") or "\n" in text] == []

    @pytest.mark.parametrize("name", BENCHMARKS)
    def test_versions_are_those_of_the_benchmark(self, name: str) -> None:
        catalogue = benchmark(name)
        seen = {version for each in catalogue.recommendations for version in each.ids}
        assert not catalogue.versions or seen == set(catalogue.versions)
        assert all(each.automated <= set(each.ids) for each in catalogue.recommendations)

    @pytest.mark.parametrize(("old", "new"), [("2.6", "2.6"), ("2.7", "2.8"), ("2.18", "2.19"), ("5.5", "5.5")])
    def test_ids_of_1_6_are_found_again_in_1_8(self, old: str, new: str) -> None:
        found = benchmark("cis-docker").find("1.6.0", old)
        assert found is not None
        assert (found.ids["1.7.0"], found.ids["1.8.0"]) == (old, new)

    def test_devicemapper_came_with_1_8(self) -> None:
        found = recommendation_of(cis("1.8.0", "2.7"))
        assert found is not None
        assert list(found.ids) == ["1.8.0"]
        assert found.obsolete

    def test_nothing_of_cis_was_dropped_so_far(self) -> None:
        catalogue = benchmark("cis-docker")
        assert [each for each in catalogue.recommendations if catalogue.is_retired(each)] == []

    def test_all_checks_of_the_pod_security_standards(self) -> None:
        assert len(benchmark("pss").recommendations) == 19
        assert recommendation_of(pss("procMount_restricted", "v1.35")) is not None

    @pytest.mark.parametrize(
        "reference",
        [cis("1.8.0", "5.99"), cis("1.5.0", "5.4"), pss("privileged", "v1.1"), Reference("cis-podman", "1.0.0", "1.1")],
    )
    def test_what_is_not_there_is_none(self, reference: Reference) -> None:
        assert recommendation_of(reference) is None

    def test_no_catalogue_of_another_name(self) -> None:
        with pytest.raises(KeyError):
            benchmark("../finding")


class TestTable:
    def test_a_control_is_linked(self) -> None:
        text = benchmark_table([control("workload/tidy", cis("1.8.0", "5.5"))])
        assert line_of(text, "CIS Docker Benchmark, 1.8.0", "5.5") == (
            "| 5.5 | No container is privileged | 1 | manual | [workload/tidy](../controls/workload/tidy.md) |"
        )

    def test_one_version_cited_answers_it_in_all_under_its_id_there(self) -> None:
        text = benchmark_table([control("engine/tls", cis("1.8.0", "2.8"))])
        assert "engine/tls" in line_of(text, "CIS Docker Benchmark, 1.6.0", "2.7")
        assert NOT_ANSWERED in line_of(text, "CIS Docker Benchmark, 1.8.0", "2.7")

    def test_several_controls_stand_in_the_order_of_their_ids(self) -> None:
        text = benchmark_table([control("workload/b", nist("4.4.2")), control("workload/a", nist("4.4.2"))])
        line = line_of(text, "NIST SP 800-190, chapter 4, 2017", "4.4.2")
        assert line.index("workload/a") < line.index("workload/b")

    def test_a_reason_stands_where_no_control_can(self) -> None:
        line = line_of(benchmark_table([]), "CIS Docker Benchmark, 1.8.0", "4.2")
        assert "whether an image is trusted is a decision of people" in line
        assert NOT_ANSWERED not in line

    def test_a_control_and_a_reason_are_both_shown(self) -> None:
        text = benchmark_table([control("image/origin", owasp("D08"))])
        line = line_of(text, "OWASP Docker Top 10, 2018", "D08")
        assert "image/origin" in line and "decision of people" in line

    def test_the_obsolete_says_so(self) -> None:
        assert "obsolete" in line_of(benchmark_table([]), "CIS Docker Benchmark, 1.8.0", "2.6")

    def test_pod_security_standards_show_their_first_version(self) -> None:
        line = line_of(benchmark_table([]), "Kubernetes Pod Security Standards", "procMount_restricted")
        assert "| restricted | v1.35 |" in line

    def test_what_is_open_is_counted_at_the_top(self) -> None:
        controls = [control("workload/tidy", cis("1.8.0", "5.5"))]
        text = benchmark_table(controls)
        assert f"Not answered yet: {len(unanswered(controls))} (" in text.split("## ", 1)[0]
        assert "cis-docker 1.8.0 5.5" not in unanswered(controls)
        assert "cis-docker 1.8.0 5.4" in unanswered(controls)

    def test_nothing_open_is_said_too(self) -> None:
        everything = [
            Reference(name, version, id)
            for name in BENCHMARKS
            for each in benchmark(name).recommendations
            for version, id in each.ids.items()
        ]
        text = benchmark_table([control("workload/all", *everything)])
        assert "Not answered yet: none." in text
        assert NOT_ANSWERED not in text

    def test_the_counts_add_up(self) -> None:
        text = benchmark_table([control("workload/tidy", cis("1.8.0", "5.5"))])
        assert "118 recommendations: 1 answered by controls, 20 a machine can't answer, 97 not answered yet." in text


class TestReferences:
    def test_unknown_ones_are_named_with_their_control(self) -> None:
        found = references_unknown([control("workload/tidy", cis("1.8.0", "5.99"), nist("4.4.3"), owasp("D11"))])
        assert found == ["workload/tidy: cis-docker 1.8.0 5.99", "workload/tidy: owasp-docker 2018 D11"]

    def test_the_same_number_may_mean_another_recommendation(self) -> None:
        found = references_contradicting([control("engine/tls", cis("1.6.0", "2.8"), cis("1.8.0", "2.8"))])
        assert found == [
            "engine/tls: cis-docker 1.6.0 2.8 is another recommendation than the one cited in 1.8.0",
            "engine/tls: cis-docker 1.8.0 2.8 is another recommendation than the one cited in 1.6.0",
        ]

    def test_the_moved_number_does_not_contradict(self) -> None:
        assert references_contradicting([control("engine/tls", cis("1.6.0", "2.7"), cis("1.8.0", "2.8"))]) == []

    def test_one_version_alone_does_not_contradict(self) -> None:
        assert references_contradicting([control("engine/tls", cis("1.8.0", "2.8"), nist("4.4.3"))]) == []

    def test_what_only_the_newer_version_has_does_not_contradict(self) -> None:
        references = (cis("1.6.0", "2.6"), cis("1.8.0", "2.6"), cis("1.8.0", "2.7"))
        assert references_contradicting([control("engine/storage-driver", *references)]) == []
