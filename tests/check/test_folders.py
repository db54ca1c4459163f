"""A folder holds files of ours and files of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from dockworthy.check import check
from dockworthy.cli.project import load_project
from dockworthy.cli.run import run
from dockworthy.errors import UsageError
from dockworthy.model.levels import Level
from dockworthy.model.result import Answer

POD = "kind: Pod\nmetadata: {name: a}\nspec: {containers: [{name: a}]}\n"


def test_broken_files_of_others_say_nothing(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD)
    (tmp_path / "tsconfig.json").write_text('{\n  // comments are no JSON\n  "strict": true,\n}\n')
    (tmp_path / "values.yaml").write_text("replicas: 3\n")
    result = check([str(tmp_path)], level=Level.BASELINE)
    assert result.unread == ()
    assert result.verdict.answer is Answer.YES


@pytest.mark.parametrize("text", ["kind: Pod\nspec: [", "services:\n  web: {image: [\n", '{"kind": "Pod", "spec": {'])
def test_a_broken_file_that_may_be_ours_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text)
    (tmp_path / "pod.yaml").write_text(POD)
    result = check([str(tmp_path)], level=Level.BASELINE)
    assert [name for name, _ in result.unread] == [str(tmp_path / "a.yaml")]
    assert [subject.id for subject in result.subjects] == [f"{tmp_path}/pod.yaml#a"]
    assert result.verdict.answer is Answer.UNDECIDED


def test_a_file_that_a_person_named_must_be_ours(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("replicas: 3\n")
    result = check([str(tmp_path / "values.yaml")], level=Level.BASELINE)
    assert "not a Compose file" in result.unread[0][1]


def test_a_folder_with_nothing_to_judge(tmp_path: Path) -> None:
    (tmp_path / "values.yaml").write_text("replicas: 3\n")
    with pytest.raises(UsageError, match="nothing to judge"):
        check([str(tmp_path)], level=Level.BASELINE)


@pytest.mark.parametrize("inside", ["", "values.yaml"])
def test_a_folder_with_nothing_to_judge_beside_files_is_named(
    tmp_path: Path, inside: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that was misspelt, or is empty by mistake, would pass unseen."""
    monkeypatch.chdir(tmp_path)
    for folder in ("empty", "deploy/of"):
        Path(folder).mkdir(parents=True)
    if inside:
        Path("empty", inside).write_text("replicas: 3\n")
    Path("deploy/of/compose.yaml").write_text("services: {a: {image: a}}\n")
    result = check(["empty", "deploy/of/compose.yaml"], level=Level.BASELINE)
    assert [(name, "was found in it" in why) for name, why in result.unread] == [("empty", True)]
    assert run(["check", "empty", "deploy/of/compose.yaml"]) == 2 and "found in it" in capsys.readouterr().out
    assert run(["fix", "--dry-run", "empty", "deploy/of/compose.yaml"]) == 2
    assert "found in it" in "".join(capsys.readouterr())
    for paths in (["deploy", "deploy/of/compose.yaml"], ["deploy", "deploy/of"], ["."], ["deploy/of", "."]):
        assert check(paths, level=Level.BASELINE).unread == (), paths
    assert check(["empty", "deploy"], level=Level.BASELINE, skip_others=True).unread == ()


def test_links_that_lead_in_a_circle_end(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD)
    (tmp_path / "again").symlink_to(tmp_path)
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    result = check([str(tmp_path)], level=Level.BASELINE)
    assert [name for name, _ in result.unread] == [str(tmp_path / "loop.yaml")]
    assert len(result.subjects) == 1


def test_templates_of_a_chart_are_no_manifests(tmp_path: Path) -> None:
    """They are looked through for secrets all the same, and the report says how to judge what they become."""
    (tmp_path / ".git").mkdir()
    chart = tmp_path / "charts" / "shop"
    (chart / "templates" / "jobs").mkdir(parents=True)
    (chart / "Chart.yaml").write_text("name: shop\nversion: 1.0.0\n")
    (chart / "templates" / "web.yaml").write_text("kind: Pod\n{{- if .Values.a }}\nmetadata: {name: {{ .Values.a }}}\n")
    (chart / "templates" / "jobs" / "plain.yaml").write_text(POD)
    (chart / "templates" / "key.yaml").write_text(
        "kind: Secret\na: ghp_" + "a8Kd02LmQ9xTz4RvB7nYpW3sHc6EfJgU1iOq" + "\n"
    )
    (tmp_path / "pod.yaml").write_text(POD)
    result = check([str(tmp_path)], level=Level.PRODUCTION)
    assert result.unread == ()
    assert f"{tmp_path}/pod.yaml#a" in [subject.id for subject in result.subjects]
    assert not any("plain.yaml" in subject.id or "web.yaml" in subject.id for subject in result.subjects)
    assert any(f"helm template {chart} |" in note for note in result.notes)
    assert any(finding.control == "file/tokens" and "key.yaml" in finding.subject for finding in result.findings)


def test_a_script_that_writes_a_manifest_is_none(tmp_path: Path) -> None:
    (tmp_path / "pod.yaml").write_text(POD)
    (tmp_path / "make.sh").write_text(
        "#!/bin/sh\ncat <<EOF | kubectl apply -f -\napiVersion: v1\nkind: Pod\n  [\nEOF\n"
    )
    result = check([str(tmp_path)], level=Level.BASELINE)
    assert result.unread == ()
    assert result.verdict.answer is Answer.YES


def test_a_chart_alone_is_nothing_to_judge_and_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("name: shop\nversion: 1.0.0\n")
    (tmp_path / "templates" / "web.yaml").write_text("kind: Pod\n{{- if .Values.a }}\n{{- end }}\n")
    with pytest.raises(UsageError, match="nothing to judge") as refused:
        check([str(tmp_path)], level=Level.BASELINE)
    assert "helm template" in str(refused.value.hint)


def test_what_only_speaks_of_pods_is_nothing_to_judge_without_them(tmp_path: Path) -> None:
    (tmp_path / "policy.yaml").write_text(
        "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: a}\nspec: {podSelector: {}}\n"
    )
    with pytest.raises(UsageError, match="nothing to judge") as refused:
        check([str(tmp_path / "policy.yaml")], level=Level.BASELINE)
    assert "name their files, too" in str(refused.value.hint)
    (tmp_path / "pod.yaml").write_text(POD)
    assert len(check([str(tmp_path)], level=Level.BASELINE).subjects) == 1


def test_the_policy_of_a_folder_counts_from_elsewhere_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where none is above the current folder, and all that is judged has the same."""
    for name, level in (("shop", "restricted"), ("blog", "baseline"), ("empty", "")):
        (tmp_path / name / "deep").mkdir(parents=True)
        if level:
            (tmp_path / name / "dockworthy.yaml").write_text(f"policy: {{level: {level}}}\n")
    monkeypatch.chdir(tmp_path / "empty")

    def level_for(*judged: str) -> Level | None:
        return load_project(None, judged=judged).policy.level

    assert level_for("../shop") == level_for("../shop/deep", "../shop/compose.yaml") == Level.RESTRICTED
    assert level_for("../shop", "../blog") is None and level_for("../shop", ".") is None and level_for("-") is None
    monkeypatch.chdir(tmp_path / "blog" / "deep")
    assert level_for("../../shop") == Level.BASELINE
