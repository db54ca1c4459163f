"""Trees with secrets anywhere in them, in every way that YAML has to write them: no line shows one."""

from __future__ import annotations

import json

import yaml
from hypothesis import given
from hypothesis import strategies as st

from facts.quoted import CANARY, quoted

PLAIN = st.sampled_from(
    ["shop", "8080:80", "/data", "no", "x y", "a: b", "- c", "#d", "é", "", "'", '"', "{", "10.0.0.1"]
)
KEYS = st.sampled_from(["web", "image", "labels", "a b", "env", "ports", "name", "x-y"])
SECRET = st.one_of(
    st.sampled_from(["DB_PASSWORD", "api_token", "client-secret", "credentials"]).flatmap(
        lambda key: st.sampled_from(
            [{key: CANARY}, {key: f"{CANARY} {CANARY}"}, {key: f"a\n{CANARY}\n"}, [f"{key}={CANARY} x {CANARY}"]]
        )
    ),
    st.sampled_from(
        [
            {"credentials": {"a": CANARY, "b": [CANARY, {"c": CANARY}]}},
            {"env": [{"name": "DB_PASSWORD", "value": CANARY}]},
            {"env": [{"value": CANARY, "x": 1, "name": "DB_PASSWORD"}]},
            {"url": f"postgres://a:{CANARY}@b/c"},
            {"kind": "Secret", "data": {"a": CANARY}},
            {"command": ["redis-server", "--requirepass", CANARY]},
            {"command": f"redis-server --requirepass {CANARY}"},
            {"test": ["CMD", "mysqladmin", f"-p{CANARY}"]},
            {"run": f"FOO=${{DB_PASSWORD:-{CANARY}}}"},
        ]
    ),
)
TREES = st.recursive(
    st.one_of(PLAIN, SECRET),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(KEYS, inner, max_size=4)),
    max_leaves=12,
)


@given(TREES, st.sampled_from([True, False, None]), st.sampled_from([20, 80, 4000]), st.booleans())
def test_no_secret_is_shown_however_it_is_written(tree: object, flow: bool | None, width: int, as_json: bool) -> None:
    """In block and flow style, quoted, folded over lines and as JSON, at any depth."""
    text = json.dumps(tree, indent=1) if as_json else yaml.safe_dump(tree, default_flow_style=flow, width=width)
    assert CANARY not in "\n".join(quoted(text))
