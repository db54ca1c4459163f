"""Questions that nobody in the copy could answer are refused before anything is restored."""

from __future__ import annotations

import pytest

from dockworthy.drills.restore.questions import refuse_questions
from dockworthy.errors import UsageError
from dockworthy.model.backup import BackupRun, SavedData
from dockworthy.model.backup_settings import ProofQuestion
from dockworthy.model.deploy_settings import Route

from .copies import copied, dumped, rendered, saved, volume

ROUTES = (Route(host="job.test", service="job", port=80), Route(host="shop.test", service="web", port=80))
PROJECT = rendered(db={"volumes": [volume("data")]}, web={"volumes": [volume("files")]}, job={})


def refused(question: ProofQuestion, *data: SavedData, routes: tuple[Route, ...] = ROUTES) -> None:
    run = BackupRun(id="b", host="h", scope="shop", taken="2026-12-01", ended="2026-12-01", version="1", data=data)
    refuse_questions([question], routes, copied(PROJECT, *data, without=("job",)), run)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        (ProofQuestion(sql="SELECT 1", at_least=1, data="dta"), "no database 'dta'"),
        (ProofQuestion(sql="SELECT 1", at_least=1, data="files"), "no database 'files'"),
        (ProofQuestion(sql="SELECT 1", at_least=1, database="shp"), "data has no database 'shp'"),
        (ProofQuestion(url="/", service="job"), "job runs once, and is not in the copy"),
        (ProofQuestion(url="/", service="db"), "no route says at which port"),
    ],
)
def test_refused(question: ProofQuestion, says: str) -> None:
    with pytest.raises(UsageError, match=says) as error:
        refused(question, dumped(), saved("files"))
    assert error.value.hint


def test_a_question_in_sql_without_a_database() -> None:
    with pytest.raises(UsageError, match="no PostgreSQL, MariaDB or MySQL in the backup"):
        refused(ProofQuestion(sql="SELECT 1", at_least=1), saved("files"))


def test_what_can_be_answered() -> None:
    for question in (
        ProofQuestion(url="/healthz"),  # of the first route whose service is in the copy
        ProofQuestion(url="/", service="web"),
        ProofQuestion(sql="SELECT 1", at_least=1),
        ProofQuestion(sql="SELECT 1", at_least=1, data="data", database="postgres"),
    ):
        refused(question, dumped(), saved("files"))
