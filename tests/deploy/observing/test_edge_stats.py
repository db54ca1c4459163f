"""What HAProxy counted between two moments, whatever became of it meanwhile."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dockworthy.deploy.observing.edge_stats import Counts, Moment, added, counted_between, moment, of_service

NUMBER = st.integers(0, 10_000)
COUNTS = st.builds(Counts, requests=NUMBER, errors=NUMBER, cut=NUMBER, retries=NUMBER)
NAMES = st.sampled_from(["shop:web", "shop:web:2", "shop:web2", "shop:api", "nobody"])
BACKENDS = st.dictionaries(NAMES, COUNTS)
ANSWER = """Name: HAProxy
Pid: 7
Start_time_sec: 1795710157
Build info: a: b

# pxname,svname,req_tot,econ,eresp,wretr,wredis,hrsp_5xx,srv_abrt,ttime,-,
http,FRONTEND,9,,,,,3,,,
shop:web,s1,,1,2,3,4,5,6,7,
shop:web,BACKEND,100,1,2,3,4,5,6,70,
shop:api,BACKEND,0,0,0,0,0,0,0,0,

"""


def test_the_answer_is_read_by_the_names_of_its_columns() -> None:
    web = Counts(100, 5, 6, 1, 2, 3, 4, 0.07)
    assert moment(ANSWER) == Moment("7 1795710157", {"shop:web": web, "shop:api": Counts()})
    assert web.failed == 11


@given(st.text())
def test_another_answer_is_none(text: str) -> None:
    if "# pxname," not in text:
        with pytest.raises(ValueError, match="not the answer of HAProxy"):
            moment(text)


@given(st.binary(max_size=300))
def test_a_damaged_table_is_read_or_refused(damage: bytes) -> None:
    text = damage.decode(errors="replace").replace("\r", "")
    read = moment(f"Pid: 1\n\n# pxname,svname,req_tot\n{text}\n\n")
    assert all(counts.requests >= 0 for counts in read.backends.values())


@given(st.integers(0, len(ANSWER) - 1))
def test_part_of_an_answer_is_none(length: int) -> None:
    with pytest.raises(ValueError, match="answer"):
        moment(ANSWER[:length])
    with pytest.raises(ValueError, match="answer"):
        moment(ANSWER[length + 1 :] if length >= ANSWER.index("Pid") else ANSWER.replace("Pid", "", 1))


@given(BACKENDS, BACKENDS)
def test_what_was_counted_meanwhile(first: dict[str, Counts], more: dict[str, Counts]) -> None:
    total = added(first, more)
    counted = counted_between(Moment("7", first), Moment("7", total))
    assert {name: each for name, each in counted.items() if each != Counts()} == {
        name: each for name, each in more.items() if each != Counts()
    }


@given(BACKENDS, BACKENDS)
def test_a_new_process_begins_at_nothing(before: dict[str, Counts], after: dict[str, Counts]) -> None:
    assert counted_between(Moment("7", before), Moment("8", after)) == after


@given(COUNTS, COUNTS)
def test_it_never_runs_backwards(before: Counts, after: Counts) -> None:
    (counted,) = counted_between(Moment("7", {"x": before}), Moment("7", {"x": after})).values()
    assert min(counted.requests, counted.errors, counted.cut, counted.retries) >= 0
    assert counted.requests <= after.requests


def test_a_service_is_all_of_its_routes() -> None:
    backends = {"shop:web": Counts(1), "shop:web:2": Counts(10), "shop:web2": Counts(100), "x:web": Counts(1000)}
    assert of_service(backends, "shop", "web") == Counts(11)
    assert of_service(backends, "shop", "db") is None
