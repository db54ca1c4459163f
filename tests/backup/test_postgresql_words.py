"""What of a restored database differs from what was saved; and the statements that make one again."""

from __future__ import annotations

from typing import Any

import pytest

from dockworthy.backup.differences import differences
from dockworthy.backup.postgresql import created_by, expected_in

EXPECTED: dict[str, Any] = {
    "extensions": {"plpgsql": "1.0"},
    "objects": {"tables": 2, "functions": 1},
    "tables": {"public.orders": {"rows": 1000, "sum": "5"}, '"Odd Name"."T a"': {"rows": 1, "sum": "7"}},
    "sequences": {"public.orders_id_seq": 1000},
}


def changed(part: str, name: str, value: Any) -> dict[str, Any]:
    found = {**EXPECTED, part: {**EXPECTED[part], name: value}}
    if value is None:
        del found[part][name]
    return found


def test_the_same_is_no_difference_and_a_sequence_may_be_further_on() -> None:
    assert differences(EXPECTED, EXPECTED) == ()
    assert differences(EXPECTED, changed("sequences", "public.orders_id_seq", 1003)) == ()
    assert differences(EXPECTED, changed("tables", "public.new", {"rows": 1, "sum": "1"})) == ()


@pytest.mark.parametrize(
    ("found", "says"),
    [
        (changed("tables", "public.orders", None), "the table public.orders is missing"),
        (
            changed("tables", "public.orders", {"rows": 999, "sum": "5"}),
            "public.orders has 999 rows and should have 1,000",
        ),
        (
            changed("tables", "public.orders", {"rows": 1000, "sum": "6"}),
            "public.orders has as many rows as it should, with other content",
        ),
        (changed("objects", "functions", 0), "0 functions are there, and should be 1"),
        (changed("objects", "functions", None), "0 functions are there, and should be 1"),
        (changed("extensions", "plpgsql", None), "the extension plpgsql is missing"),
        (
            changed("sequences", "public.orders_id_seq", 999),
            "the sequence public.orders_id_seq stands at 999 and should be at 1000 or above",
        ),
        (
            changed("sequences", "public.orders_id_seq", None),
            "the sequence public.orders_id_seq stands at None and should be at 1000 or above",
        ),
        ({}, "the table public.orders is missing"),
    ],
)
def test_a_difference_is_said(found: dict[str, Any], says: str) -> None:
    assert says in differences(EXPECTED, found)


def test_what_psql_prints_is_read() -> None:
    lines = (
        '{"extensions" : { "plpgsql" : "1.0" }}\n{"objects" : { "tables" : 2 }}\n'
        '{"table" : "public.orders", "rows" : 3, "sum" : "9"}\n'
    )
    assert expected_in(lines) == {
        "extensions": {"plpgsql": "1.0"},
        "objects": {"tables": 2},
        "tables": {"public.orders": {"rows": 3, "sum": "9"}},
    }


def test_a_database_is_made_again_with_its_properties_and_odd_names_are_quoted() -> None:
    properties = {
        "owner": 'o"x', "encoding": "UTF8", "collate": "C", "ctype": "C.UTF-8", "provider": "i", "locale": "de-DE",
        "connections": 5, "access": "{=Tc/postgres}", "settings": ["search_path=a, \"B\"", "work_mem=4'MB"],
    }  # fmt: skip
    assert created_by("new's", properties) == [
        'CREATE DATABASE "new\'s" WITH TEMPLATE template0 OWNER "o""x" ENCODING \'UTF8\' LC_COLLATE \'C\' '
        "LC_CTYPE 'C.UTF-8' LOCALE_PROVIDER icu ICU_LOCALE 'de-DE' CONNECTION LIMIT 5",
        'ALTER DATABASE "new\'s" SET "search_path" TO a, "B"',
        "ALTER DATABASE \"new's\" SET \"work_mem\" TO '4''MB'",
        "UPDATE pg_database SET datacl = '{=Tc/postgres}'::aclitem[] WHERE datname = 'new''s'",
    ]
    assert created_by("a", {}) == ['CREATE DATABASE "a" WITH TEMPLATE template0']
