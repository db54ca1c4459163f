"""When a certificate is renewed: by its share of life."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.deploy.edge.lifetime import DAY, Lifetime, left_in_words, lifetime
from dockworthy.engine.clock import rfc3339


@pytest.mark.parametrize(("lasts", "left"), [(397, 30), (90, 30), (45, 15), (6, 2)])
def test_a_third_of_its_life_before_its_end_and_thirty_days_at_the_most(lasts: int, left: int) -> None:
    certificate = Lifetime(0, lasts * DAY)
    assert certificate.due == (lasts - left) * DAY
    assert not certificate.is_due(certificate.due - 1) and certificate.is_due(certificate.due)


@given(begins=st.floats(0, 4e9), lasts=st.floats(1, 4e8))
def test_it_is_due_in_its_life_and_late_only_after_that(begins: float, lasts: float) -> None:
    certificate = Lifetime(begins, begins + lasts)
    assert begins <= certificate.due <= certificate.ends
    late = (certificate.due + certificate.ends) / 2
    assert certificate.is_late(late) and certificate.is_due(late)


def test_the_words_of_openssl_and_haproxy() -> None:
    certificate = lifetime("Nov  6 19:27:00 2026 GMT", "Nov 28 19:27:00 2026 GMT")
    assert certificate.ends - certificate.begins == 22 * DAY
    assert rfc3339(certificate.ends) == "2026-11-28T19:27:00Z"
    with pytest.raises(ValueError):
        lifetime("soon", "later")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(12.5 * DAY, "in 12 days"), (7200, "in 2 hours"), (3600, "in 1 hour"), (-3 * DAY, "3 days ago")],
)
def test_what_is_left_in_words(seconds: float, words: str) -> None:
    assert left_in_words(1e9 + seconds, 1e9) == words
