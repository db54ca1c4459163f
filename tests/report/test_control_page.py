"""The reference page of a control, and the index."""

from __future__ import annotations

from msgspec import structs
from sample_controls import PLAIN, TIDY

from dockworthy.model.control import cis
from dockworthy.model.dialect import Platform, Version
from dockworthy.model.finding import Reference
from dockworthy.report.control_page import control_index, control_page
from dockworthy.report.markdown import GENERATED


class TestPage:
    def test_it_begins_with_the_title_and_the_mark_of_the_generated(self) -> None:
        assert control_page(TIDY).startswith(f"# Containers are tidy\n\n{GENERATED}\n\n")

    def test_the_facts(self) -> None:
        page = control_page(TIDY)
        for row in (
            "| Id | `workload/tidy` |",
            "| Asked from level | restricted |",
            "| Severity | high |",
            "| For the demand | What is no longer needed is cleaned up (`5.cleanup`) |",
            "| Judges | unit |",
        ):
            assert row in page.splitlines()

    def test_where_and_since_when_it_is_asked(self) -> None:
        page = control_page(
            structs.replace(
                TIDY,
                platforms=frozenset({Platform.SWARM, Platform.DOCKER}),
                since=Version(1, 19),
                stricter_than=("workload/clean",),
            )
        )
        assert "| Only on | docker, swarm |" in page
        assert "| Since | Pod Security Standards v1.19 |" in page
        assert "| Stricter than | [workload/clean](../workload/clean.md) |" in page

    def test_an_unknown_demand_is_shown_as_it_is(self) -> None:
        assert "| For the demand | `9.none` |" in control_page(structs.replace(TIDY, demand="9.none"))

    def test_check_and_remedy_with_its_cost(self) -> None:
        page = control_page(TIDY)
        assert "```sh\ndocker inspect {name} | grep -c tidy\n```\n\n`{name}` stands for" in page
        assert (
            "## Remedy\n\nTidy up.\n\n```sh\ndocker rm {name}\n```\n\nWhat it costs: recreates the container." in page
        )

    def test_references_in_our_words(self) -> None:
        page = control_page(TIDY)
        assert "| CIS Docker Benchmark | 1.8.0 | 5.5 | No container is privileged |" in page
        assert "| Kubernetes Pod Security Standards | v1.0 | privileged | No container is privileged |" in page

    def test_references_that_are_old_or_wrong_say_so(self) -> None:
        references = (cis("1.8.0", "2.6", retired=True), Reference("cis-podman", "1.0.0", "1.1"))
        page = control_page(structs.replace(TIDY, references=references))
        assert "engine 24.0 removed the aufs driver; retired by a later version |" in page
        assert "| cis-podman | 1.0.0 | 1.1 | not in the catalogue |" in page

    def test_examples_by_outcome_and_syntax(self) -> None:
        examples = control_page(TIDY).split("## Examples\n", 1)[1]
        fails, rest = examples.split("### Passes")
        passes, unknown = rest.split("### Stays unknown")
        assert '```json\n{\n  "HostConfig": {\n    "Tidy": false\n  }\n}\n```\n\n```json\n{}\n```' in fails
        assert "Kubernetes manifest:\n\n```yaml\n{kind: Pod}\n```" in fails
        assert "`/etc/tidy`:\n\n```text\nyes\n```" in passes
        assert '`/etc/docker/daemon.json`:\n\n```json\n{\n  "tidy": true\n}\n```' in passes
        assert "`/etc/mode`: `420`" in passes
        assert "```json\n{not json\n```" in unknown

    def test_an_example_with_backticks_stays_inside_its_block(self) -> None:
        page = control_page(structs.replace(TIDY, bad={"kubernetes": "a: |\n  ```\n  b\n"}))
        assert "````yaml\na: |\n  ```\n  b\n````" in page

    def test_what_a_control_does_not_have_is_left_out(self) -> None:
        page = control_page(PLAIN)
        for absent in ("## Check it yourself", "What it costs", "## Who else says so", "## Examples", "| Since |"):
            assert absent not in page
        assert page.endswith("Iron them.\n")


class TestIndex:
    def test_a_table_a_chapter_in_the_order_given(self) -> None:
        index = control_index([PLAIN, TIDY])
        assert "2 controls." in index
        assert index.index("## volume") < index.index("## workload")
        assert (
            "| [workload/tidy](workload/tidy.md) | Containers are tidy | restricted | high "
            "| What is no longer needed is cleaned up (`5.cleanup`) |"
        ) in index.splitlines()

    def test_a_bar_does_not_end_a_cell(self) -> None:
        index = control_index([structs.replace(PLAIN, title="Either | or\nboth")])
        assert "| Either \\| or both |" in index
