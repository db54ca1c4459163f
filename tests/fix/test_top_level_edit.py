"""Changes of a Compose file's top level: a volume or a secret that a service uses must be declared there."""

from __future__ import annotations

import pytest
import yaml

from dockworthy.fix.compose_edit import edit_compose
from dockworthy.fix.refused import FixRefused
from dockworthy.model.fix import WHOLE_FILE, Change, How

DECLARED = Change(WHOLE_FILE, ("volumes", "web-cache"), {})
USED = Change("web", ("volumes",), ["web-cache:/var/cache"], How.ADD)


@pytest.mark.parametrize(
    "text",
    [
        "services:\n  web:\n    image: shop # ours\n",
        "services:\n  web:\n    image: shop\nvolumes:\n  data: # theirs\n",
        "services:\n  web:\n    image: shop\nvolumes:\n",
        "services:\n  web:\n    image: shop\nvolumes: {}\n",
        "services:\r\n    web:\r\n        image: shop\r\nvolumes:\r\n    data:\r\n",
        "volumes: {data: }\nservices: {web: {image: shop}}",
        "x-a: &a {image: shop}\nservices:\n  web: *a\nvolumes:\n  data:\n    labels: {a: b}\nnetworks: {}\n",
        '{"services": {"web": {"image": "shop"}}, "volumes": {"data": {"external": true}}}',
    ],
)
def test_declared_where_it_belongs_and_nothing_else_changes(text: str) -> None:
    edited = edit_compose(text, [USED, DECLARED], file="compose.yaml")
    before, after = yaml.safe_load(text), yaml.safe_load(edited)
    assert after["services"]["web"]["volumes"] == ["web-cache:/var/cache"]
    assert after["volumes"] == {**(before.get("volumes") or {}), "web-cache": {}}
    assert after.keys() - before.keys() <= {"volumes"} and edited.count("\r\n") in (0, edited.count("\n"))
    assert edit_compose(edited, [USED, DECLARED], file="compose.yaml") == edited, "twice is once"


def test_what_has_no_place_there_is_refused() -> None:
    with pytest.raises(FixRefused, match="volumes"):
        edit_compose("services: {web: {image: shop}}\nvolumes: [a]\n", [DECLARED], file="compose.yaml")
