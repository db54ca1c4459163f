"""What holds for one engine holds for a swarm: the very same tests, of what a target does itself."""

from __future__ import annotations

from deploy.shops import Shop
from deploy.test_deploy import (
    test_a_secret_is_rotated_by_its_content_and_is_nowhere_else,
    test_what_was_shipped_comes_back_by_its_record,
)
from deploy.test_deploy_faults import (
    pytestmark,
    test_a_job_that_fails_stops_the_release_before_anything_is_replaced,
    test_who_comes_second_is_told_who_is_at_work,
)
from deploy.test_deploy_faults import (
    test_killed_in_the_middle_the_service_goes_on_and_the_next_run_finishes as killed_in_the_middle,
)

__all__ = [
    "pytestmark",
    "test_a_job_that_fails_stops_the_release_before_anything_is_replaced",
    "test_a_secret_is_rotated_by_its_content_and_is_nowhere_else",
    "test_what_was_shipped_comes_back_by_its_record",
    "test_who_comes_second_is_told_who_is_at_work",
]


def test_killed_in_the_middle_the_service_goes_on(shop: Shop) -> None:
    killed_in_the_middle(shop, "start-first")
