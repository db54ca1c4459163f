"""Compose files as people lay them out: the same data with other indentation, quotes, comments and line ends."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import strategies as st

KEYS = {
    "image": st.sampled_from(["shop", "shop:1.4", "registry.example.com:5000/shop:1@sha256:" + "a" * 64]),
    "user": st.sampled_from(["1000:1000", "app", 1000, "0"]),
    "privileged": st.booleans(),
    "read_only": st.booleans(),
    "security_opt": st.lists(st.sampled_from(["seccomp=unconfined", "no-new-privileges:true", "label=user:x"])),
    "cap_add": st.lists(st.sampled_from(["SYS_ADMIN", "NET_ADMIN", "ALL"]), unique=True),
    "tmpfs": st.sampled_from(["/run", ["/run", "/tmp"], []]),
    "logging": st.sampled_from([{"driver": "json-file"}, {"driver": "json-file", "options": {"tag": "x"}}, {}]),
    "environment": st.sampled_from([{"A": "1", "B": None}, ["A=1", "B"], {"C": "yes"}]),
    "volumes": st.lists(st.sampled_from(["a:/a", "./b:/b:ro", "/etc/localtime:/etc/localtime"]), unique=True),
    "command": st.sampled_from(["sh -c 'x # y'", ["sh", "-c", "a: b"], "ä 😀 #no"]),
    "deploy": st.sampled_from([{"resources": {"limits": {"cpus": "0.5"}}}, {"replicas": 2}]),
}


@st.composite
def services(draw: st.DrawFn) -> dict[str, dict[str, Any]]:
    names = draw(st.lists(st.sampled_from(["web", "db", "a-b", "x_1"]), min_size=1, max_size=3, unique=True))
    found = {}
    for name in names:
        keys = draw(st.lists(st.sampled_from(sorted(KEYS)), min_size=1, max_size=6, unique=True))
        found[name] = {key: draw(KEYS[key]) for key in keys}
        found[name].setdefault("build", ".")
    return found


class Writer:
    """Writes data by choices that hypothesis makes; comments are numbered, so that none can be lost unseen."""

    def __init__(self, draw: st.DrawFn) -> None:
        self._draw = draw
        self._step = draw(st.sampled_from([2, 4, 3, 1]))
        self._dash = draw(st.sampled_from([0, 2, 4]))
        self._flow = draw(st.sampled_from([0.0, 0.3, 0.8]))
        self._quote = draw(st.sampled_from(["'", '"']))
        self._comments = 0

    def file(self, data: dict[str, Any]) -> str:
        head = self._draw(st.sampled_from(["", "# head\n", "---\n", "%YAML 1.1\n---\n# x\n"]))
        lines = [*self._mapping({"services": data}, 0), *self._draw(st.sampled_from([[], ["x-end: 1"], ["", "..."]]))]
        text = head + "\n".join(lines) + self._draw(st.sampled_from(["", "\n", "\n\n", "\n# end", "\n  # end\t#\n"]))
        return text.replace("\n", self._draw(st.sampled_from(["\n", "\r\n"])))

    def _mapping(self, data: dict[str, Any], column: int) -> list[str]:
        lines: list[str] = []
        for key, value in data.items():
            lines += self._draw(
                st.sampled_from([[], [], [""], [f"{' ' * column}{self._comment()}"], [self._comment()]])
            )
            lines += self._entry(key, value, column)
        return lines

    def _entry(self, key: str, value: Any, column: int) -> list[str]:
        pad, deep = " " * column, column > 0
        if isinstance(value, dict) and value and not (deep and self._chance()):
            return [f"{pad}{key}:{self._after()}", *self._mapping(value, column + self._step)]
        if isinstance(value, list) and value and not self._chance():
            dashes = " " * (column + self._dash)
            return [
                f"{pad}{key}:{self._after()}",
                *(f"{dashes}- {self._scalar(item)}{self._after()}" for item in value),
            ]
        return [f"{pad}{key}: {self._inline(value)}{self._after()}"]

    def _inline(self, value: Any) -> str:
        if isinstance(value, dict):
            return "{" + ", ".join(f"{key}: {self._inline(inner)}" for key, inner in value.items()) + "}"
        if isinstance(value, list):
            return "[" + ", ".join(self._scalar(item) for item in value) + "]"
        return self._scalar(value)

    def _scalar(self, value: Any) -> str:
        if not isinstance(value, str):
            return json.dumps(value)
        plain = value.replace("/", "a").replace("=", "a").isalnum() and value.isascii() and not value.isdigit()
        if plain and value != "yes" and self._draw(st.booleans()):
            return value
        return json.dumps(value, ensure_ascii=False) if self._quote == '"' else "'" + value.replace("'", "''") + "'"

    def _after(self) -> str:
        return self._draw(st.sampled_from(["", "", "", " " + self._comment(), "\t" + self._comment()]))

    def _comment(self) -> str:
        self._comments += 1
        return f"# note {self._comments}: '\"{{[ -"

    def _chance(self) -> bool:
        return self._draw(st.floats(0, 1)) < self._flow


@st.composite
def compose_files(draw: st.DrawFn) -> tuple[str, dict[str, dict[str, Any]]]:
    data = draw(services())
    return Writer(draw).file(data), data
