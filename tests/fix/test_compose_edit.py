"""Layouts that people have, anchors above all: what is changed, what is left, and what is refused with a reason."""

from __future__ import annotations

import pytest

from dockworthy.errors import UnreadableInput
from dockworthy.fix.compose_edit import edit_compose
from dockworthy.fix.refused import FixRefused
from dockworthy.model.fix import Change, How

READ_ONLY = Change("web", ("read_only",), True)
DROP_ALL = Change("web", ("cap_drop",), ["ALL"], How.ADD)
ROTATE = Change("web", ("logging", "options", "max-size"), "10m")

GOLDEN = {
    "a trailing comment of the service stays where it is": (
        "services:\n  web:\n    image: shop # ours\n    # privileged: true\n\n  db: {image: pg}\n",
        [READ_ONLY],
        "services:\n  web:\n    image: shop # ours\n    read_only: true\n    # privileged: true\n\n  db: {image: pg}\n",
    ),
    "lists as the file has them: dashes under the key": (
        "services:\n    web:\n        image: shop\n        ports:\n        - 80\n",
        [DROP_ALL],
        "services:\n    web:\n        image: shop\n        ports:\n        - 80\n        cap_drop:\n        - ALL\n",
    ),
    "no list in the file: brackets": (
        "services:\n  web:\n    image: shop\n",
        [DROP_ALL],
        "services:\n  web:\n    image: shop\n    cap_drop: [ALL]\n",
    ),
    "no line break at the end, CRLF": (
        "services:\r\n  web:\r\n    image: shop",
        [READ_ONLY],
        "services:\r\n  web:\r\n    image: shop\r\n    read_only: true",
    ),
    "JSON stays JSON": (
        '{\n  "services": {\n    "web": {\n      "image": "shop"\n    }\n  }\n}\n',
        [DROP_ALL],
        '{\n  "services": {\n    "web": {\n      "image": "shop",\n      "cap_drop": ["ALL"]\n    }\n  }\n}\n',
    ),
    "a service that is an alias becomes a merge": (
        "x-app: &app\n  image: shop\nservices:\n  web: *app\n  api: *app\n",
        [READ_ONLY],
        "x-app: &app\n  image: shop\nservices:\n  web:\n    <<: *app\n    read_only: true\n  api: *app\n",
    ),
    "what comes by a merge is written out in the service, the anchor stays": (
        "x-app: &app\n  logging: {driver: json-file}\nservices:\n  web:\n    <<: *app\n    image: a\n  api: *app\n",
        [ROTATE],
        "x-app: &app\n  logging: {driver: json-file}\nservices:\n  web:\n    <<: *app\n    image: a\n"
        '    logging:\n      driver: json-file\n      options:\n        max-size: "10m"\n  api: *app\n',
    ),
    "an alias for one key is written out": (
        "x-l: &l {driver: json-file}\nservices:\n  web:\n    logging: *l # logs\n  api: {logging: *l}\n",
        [ROTATE],
        "x-l: &l {driver: json-file}\nservices:\n  web:\n"
        '    logging: {driver: json-file, options: {max-size: "10m"}} # logs\n'
        "  api: {logging: *l}\n",
    ),
    "a shared service changes when all that share it are meant": (
        "services:\n  web: &web\n    image: a\n  api:\n    <<: *web\n    image: b\n",
        [READ_ONLY, Change("api", ("read_only",), True)],
        "services:\n  web: &web\n    image: a\n    read_only: true\n  api:\n    <<: *web\n    image: b\n",
    ),
    "a block scalar at the end, blank lines after it": (
        "services:\n  web:\n    command: |\n      a\n\n  db:\n    image: b\n",
        [READ_ONLY],
        "services:\n  web:\n    command: |\n      a\n    read_only: true\n\n  db:\n    image: b\n",
    ),
    "a block scalar that ends with the file": (
        "services:\n  web:\n    command: |\n      a",
        [READ_ONLY],
        "services:\n  web:\n    read_only: true\n    command: |\n      a",
    ),
    "one of several items goes with its comment, the others keep theirs": (
        "services:\n  web:\n    cap_add:\n      - CHOWN # files\n"
        "      - SYS_ADMIN # why?\n      # last\n      - SETUID\n",
        [Change("web", ("cap_add",), ["SYS_ADMIN"], How.REMOVE)],
        "services:\n  web:\n    cap_add:\n      - CHOWN # files\n      # last\n      - SETUID\n",
    ),
    "the last item takes its list along": (
        "services:\n  web:\n    cap_add:\n      - SYS_ADMIN\n    image: a\n",
        [Change("web", ("cap_add",), ["SYS_ADMIN"], How.REMOVE)],
        "services:\n  web:\n    image: a\n",
    ),
    "a list over several lines in brackets": (
        "services:\n  web:\n    cap_add: [\n      A, # a\n      B, # b\n      C\n    ]\n    image: x\n",
        [Change("web", ("cap_add",), ["B"], How.REMOVE), Change("web", ("cap_add",), ["D"], How.ADD)],
        "services:\n  web:\n    cap_add: [\n      A, # a\n      C,\n      D\n    ]\n    image: x\n",
    ),
    "the image's quotes stay": (
        'services: {web: {image: "shop:1" , user: a}} # end',
        [Change("web", ("image",), "shop:1@sha256:0")],
        'services: {web: {image: "shop:1@sha256:0" , user: a}} # end',
    ),
    "a key of a list's item": (
        "services:\n  web:\n    volumes:\n      - type: bind\n        source: /a # a\n"
        "        target: /b\n    image: x\n",
        [Change("web", ("volumes", "0", "read_only"), True)],
        "services:\n  web:\n    volumes:\n      - type: bind\n        source: /a # a\n        target: /b\n"
        "        read_only: true\n    image: x\n",
    ),
    "tags of Compose stay": (
        "services:\n  web:\n    ports: !reset []\n    cap_add: !override [A]\n",
        [READ_ONLY],
        "services:\n  web:\n    ports: !reset []\n    cap_add: !override [A]\n    read_only: true\n",
    ),
}


@pytest.mark.parametrize(("text", "changes", "expected"), GOLDEN.values(), ids=GOLDEN)
def test_only_these_lines_change(text: str, changes: list[Change], expected: str) -> None:
    edited = edit_compose(text, changes, file="compose.yaml")
    assert edited == expected
    assert edit_compose(edited, changes, file="compose.yaml") == edited


REFUSED = {
    "a service that another one merges": (
        "services:\n  web: &web\n    image: a\n  api: {<<: *web}\n",
        READ_ONLY,
        "shared by an anchor: the change would also change api",
    ),
    "a key that stands at an anchor can't be taken away here": (
        "x-a: &a\n  privileged: true\nservices:\n  web:\n    <<: *a\n    image: a\n",
        Change("web", ("privileged",), how=How.REMOVE),
        "is written at &a",
    ),
    "no such service": ("services: {db: {image: a}}", READ_ONLY, "there is no service web"),
    "an included file's service": ("include: [a.yaml]\n", READ_ONLY, "no document here has services"),
    "a service that would be empty": (
        "services:\n  web:\n    privileged: true\n",
        Change("web", ("privileged",), how=How.REMOVE),
        "nothing would be left",
    ),
    "a place that is something else": ("services: {web: {logging: x}}", ROTATE, "logging.options.max-size"),
}


@pytest.mark.parametrize(("text", "change", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused_with_the_reason(text: str, change: Change, reason: str) -> None:
    with pytest.raises(FixRefused, match=r"compose\.yaml") as refused:
        edit_compose(text, [change], file="compose.yaml")
    assert reason in refused.value.says


def test_refusal_names_the_line_behind_the_anchor() -> None:
    text = "x-a: &a\n  privileged: true\nservices:\n  web:\n    <<: *a\n    image: a\n"
    with pytest.raises(FixRefused) as refused:
        edit_compose(text, [Change("web", ("privileged",), how=How.REMOVE)], file="compose.yaml")
    assert (refused.value.line, "by hand" in refused.value.hint) == (2, True)


@pytest.mark.parametrize(
    "text",
    ["services: {web: {a: 1, a: 2}}", "services: {web: *nobody}", "services: [", "a: \0", "[" * 2000],
)
def test_broken_text_is_said_to_be_broken(text: str) -> None:
    with pytest.raises(UnreadableInput, match=r"compose\.yaml"):
        edit_compose(text, [READ_ONLY], file="compose.yaml")


def test_bomb_of_aliases_is_refused() -> None:
    lines = ["x0: &x0 [a, a, a, a, a, a, a, a, a, a]"]
    lines += [f"x{n}: &x{n} [{', '.join([f'*x{n - 1}'] * 10)}]" for n in range(1, 12)]
    with pytest.raises(UnreadableInput, match="aliases counted"):
        edit_compose("\n".join([*lines, "services: {web: {image: a}}"]), [READ_ONLY], file="compose.yaml")
