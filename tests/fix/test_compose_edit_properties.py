"""However a file is laid out: a change means exactly what was asked, and no other line differs."""

from __future__ import annotations

import difflib
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dockworthy.fix.compose_edit import edit_compose
from dockworthy.fix.refused import FixRefused
from dockworthy.model.fix import Change, How
from effort import examples
from fix.compose_layouts import compose_files

pytestmark = pytest.mark.slow

CHANGES = st.sampled_from(
    [
        (("read_only",), True, How.SET),
        (("image",), "shop:2@sha256:" + "b" * 64, How.SET),
        (("user",), "1000:1000", How.SET),
        (("cap_drop",), ["ALL"], How.ADD),
        (("cap_add",), ["NET_BIND_SERVICE", "CHOWN"], How.ADD),
        (("cap_add",), ["SYS_ADMIN", "NET_ADMIN"], How.REMOVE),
        (("security_opt",), ["no-new-privileges:true"], How.ADD),
        (("security_opt",), ["seccomp=unconfined"], How.REMOVE),
        (("tmpfs",), ["/tmp", "/var/cache/x: y"], How.ADD),
        (("logging", "options"), {"max-size": "10m", "max-file": "3"}, How.ADD),
        (("logging", "driver"), "local", How.SET),
        (("logging",), {"driver": "local"}, How.SET),
        (("privileged",), None, How.REMOVE),
        (("volumes",), None, How.REMOVE),
        (("environment",), None, How.REMOVE),
        (("deploy", "resources", "limits", "memory"), "64m", How.SET),
        (("volumes", "0"), "x:/x:ro", How.SET),
    ]
)


def _expected(data: dict[str, Any], path: tuple[str, ...], value: Any, how: How) -> dict[str, Any]:
    """The same change, made by the simplest means, on the data that the file was written from."""
    found = dict(data)
    key = path[0]
    if len(path) > 1:
        if isinstance(found.get(key), list):
            index = int(path[1])
            found[key] = [*found[key][:index], value, *found[key][index + 1 :]]
        else:
            found[key] = _expected(found.get(key) or {}, path[1:], value, how)
    elif how is How.SET:
        found[key] = value
    elif how is How.ADD and isinstance(value, dict):
        found[key] = {**(found.get(key) or {}), **value}
    elif how is How.ADD:
        known = found.get(key) or []
        known = known if isinstance(known, list) else [known]
        found[key] = known + [entry for entry in value if entry not in known]
    else:
        left = [] if value is None else [entry for entry in found.get(key, []) if entry not in value]
        found[key] = left
        if not left:
            del found[key]
    return found


_SLOW = [HealthCheck.too_slow, HealthCheck.data_too_large]


@given(compose_files(), CHANGES, st.data())
@settings(
    deadline=None, max_examples=examples(400), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
def test_change_means_what_was_asked(
    written: tuple[str, dict[str, Any]], change: tuple[tuple[str, ...], Any, How], choice: st.DataObject
) -> None:
    text, data = written
    path, value, how = change
    service = choice.draw(st.sampled_from(sorted(data)))
    if path[:2] == ("volumes", "0") and not data[service].get("volumes"):
        return
    wanted = {**data, service: _expected(data[service], path, value, how)}
    asked = Change(service, path, value, how)

    edited = edit_compose(text, [asked], file="compose.yaml")

    assert yaml.load(edited, Loader=yaml.CSafeLoader)["services"] == wanted
    assert edit_compose(edited, [asked], file="compose.yaml") == edited
    if wanted == data:
        assert edited == text
    _only_what_must(text, edited, service, data, path)


def _only_what_must(text: str, edited: str, service: str, data: dict[str, Any], path: tuple[str, ...]) -> None:
    before, after = text.splitlines(keepends=True), edited.splitlines(keepends=True)
    assert text.endswith("\n") == edited.endswith("\n")
    gone = [line for line in difflib.ndiff(before, after) if line.startswith("- ")]
    size = len(str(data[service].get(path[0], "")).split(","))
    assert len(gone) <= 1 + 4 * size
    for line in before:
        if line.lstrip().startswith("# ") and path[0] not in data[service]:
            assert line.rstrip() in [other.rstrip() for other in after], "a comment is gone"


@given(compose_files(), st.text(max_size=40))
@settings(
    deadline=None, max_examples=examples(150), suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
def test_any_text_can_be_set(written: tuple[str, dict[str, Any]], value: str) -> None:
    text, data = written
    service = sorted(data)[0]
    try:
        edited = edit_compose(text, [Change(service, ("hostname",), value)], file="compose.yaml")
    except FixRefused:
        assert any(not (letter.isprintable() or letter in "\t\n\r") for letter in value)
        return
    assert yaml.load(edited, Loader=yaml.CSafeLoader)["services"][service]["hostname"] == value


@given(st.text(alphabet="services:web{}[]&*!|>-?'\"# \t\r\n<,", max_size=120))
@settings(deadline=None, max_examples=examples(400))
def test_whatever_stands_there_is_edited_or_refused(text: str) -> None:
    from dockworthy.errors import UsageError

    for text_ in (text, "services:\n web:\n  " + text, "services: {web: {" + text):
        try:
            edited = edit_compose(text_, [Change("web", ("read_only",), True)], file="compose.yaml")
        except UsageError:
            continue
        assert yaml.load(edited, Loader=yaml.CSafeLoader)["services"]["web"]["read_only"] is True
