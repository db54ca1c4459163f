"""Stand-ins: of the same shape, the same wherever the secret stands, never the secret."""

from __future__ import annotations

import string

from hypothesis import given
from hypothesis import strategies as st

from dockworthy.fix.verify.stand_ins import StandIns


@given(st.text(string.ascii_letters + string.digits, min_size=6, max_size=80))
def test_shape(secret: str) -> None:
    made = StandIns(b"key").of(secret)
    assert len(made) == len(secret) and made != secret
    assert [each.isdigit() for each in made] == [each.isdigit() for each in secret] or all(
        each in string.hexdigits for each in secret
    )


def test_the_same_everywhere_and_another_in_the_next_run() -> None:
    first, second = StandIns(b"one"), StandIns(b"two")
    made = first.environment({"DB_PASSWORD": "Tr0ub4dor-3", "URL": "postgres://shop:Tr0ub4dor-3@db/shop", "SIZE": "12"})
    assert made["URL"] == f"postgres://shop:{made['DB_PASSWORD']}@db/shop" and made["SIZE"] == "12"
    assert "Tr0ub4dor" not in str(made)
    assert first.text("password = Tr0ub4dor-3") == f"password = {made['DB_PASSWORD']}"
    assert second.of("Tr0ub4dor-3") != made["DB_PASSWORD"]


def test_a_secret_of_many_values() -> None:
    made = StandIns(b"key").secret('{"user": "shop", "password": "Tr0ub4dor-3"}')
    assert "Tr0ub4dor" not in made and made.startswith('{"user":')
    lines = StandIns(b"key").secret("USER=shop\nPASSWORD=Tr0ub4dor-3\n")
    assert lines.startswith("USER=") and "\nPASSWORD=" in lines and "Tr0ub4dor" not in lines


def test_what_is_handed_in_is_real_and_never_shown() -> None:
    stand_ins = StandIns(b"key", frozenset({"TOKEN"}))
    assert stand_ins.environment({"TOKEN": "tok-5fd1c0ffee77"}) == {"TOKEN": "tok-5fd1c0ffee77"}
    assert stand_ins.hidden("I am tok-5fd1c0ffee77!") == "I am ***!"
