"""What a backup does with each data set: as it was found, and as dockworthy.yaml says."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as some
import pytest
from hypothesis import given
from msgspec import structs

from dockworthy.backup.plan import NOWHERE, plan_backup
from dockworthy.errors import UsageError
from dockworthy.model.backup import BackupMethod, DataKind, DataSet, DataWriter, PlannedData
from dockworthy.model.backup_settings import (
    BackupSettings,
    DataSettings,
    DumpCommand,
    KeyValueSettings,
    MariadbSettings,
    PostgresqlSettings,
    Quiesce,
    SqliteSettings,
)

SERVERS = {
    DataKind.POSTGRESQL: "postgres",
    DataKind.MARIADB: "mariadbd",
    DataKind.MYSQL: "mysqld",
    DataKind.VALKEY: "valkey-server",
    DataKind.REDIS: "redis-server",
}


DUMPS = {
    DataKind.POSTGRESQL: BackupMethod.PG_DUMP,
    DataKind.MARIADB: BackupMethod.MARIADB_DUMP,
    DataKind.MYSQL: BackupMethod.MYSQL_DUMP,
    DataKind.VALKEY: BackupMethod.RDB,
    DataKind.REDIS: BackupMethod.RDB,
}


def writer(service: str = "db", *programs: str, **more: Any) -> DataWriter:
    name = f"shop-{service}-1"
    return DataWriter(
        container=name, id=name, project="shop", service=service, mounted_at="/data", programs=programs, **more
    )


def data(kind: DataKind = DataKind.FILES, name: str = "data", **more: Any) -> DataSet:
    told: dict[str, Any] = {"project": "shop", "path": f"/srv/{name}", "writers": (writer(),), "bytes": 200_000_000}
    return DataSet(name=name, kind=kind, **{**told, **more})


def planned(found: DataSet, said: DataSettings | None = None, **more: Any) -> PlannedData:
    settings = BackupSettings(data={found.name: said} if said else {})
    (one,) = plan_backup(settings, [found], "shop", **more).data
    return one


@pytest.mark.parametrize("kind", SERVERS)
def test_databases_are_dumped_where_their_server_runs(kind: DataKind) -> None:
    sidecar, server = writer("backup", "sleep"), writer("db", SERVERS[kind], "sh")
    one = planned(data(kind, writers=(sidecar, server)))
    assert (one.method, one.container, one.downtime, one.asks) == (DUMPS[kind], "shop-db-1", 0, "")
    if kind in (DataKind.VALKEY, DataKind.REDIS):
        assert "where its server lets nobody in" in one.why
        hidden = planned(data(kind, writers=(server,), not_live="its host has no python3"))
        assert (hidden.method, hidden.downtime) == (BackupMethod.PAUSE, 2.5) and "no python3" in hidden.why
    stopped = planned(data(kind, writers=(writer(running=False),)))
    assert (stopped.method, stopped.asks) == (BackupMethod.COPY, "") and "does not run" in stopped.why
    assert planned(data(kind, writers=(sidecar,))).asks


def test_files_wait_for_their_copy() -> None:
    one = planned(data())
    assert (one.method, one.downtime) == (BackupMethod.PAUSE, 2.5)
    assert planned(data(), DataSettings(quiesce=Quiesce.STOP)).downtime == 12
    for nobody in ((), (writer(running=False),), (writer(read_only=True),)):
        one = planned(data(writers=nobody))
        assert (one.method, one.downtime) == (BackupMethod.COPY, 0)


def test_sqlite_copies_its_databases_and_other_files_beside_them_are_of_the_same_moment() -> None:
    one = planned(data(DataKind.SQLITE, sqlite=("app.db",)))
    assert (one.method, one.downtime, one.why) == (BackupMethod.SQLITE, 0, "")
    waits = planned(data(DataKind.SQLITE, sqlite=("app.db", "b.db"), without_wal=1))
    assert (waits.method, waits.downtime) == (BackupMethod.SQLITE, 0.5) and "1 of 2 databases keeps no WAL" in waits.why
    mixed = planned(data(DataKind.SQLITE, sqlite=("app.db",), others=3))
    assert mixed.method is BackupMethod.PAUSE and "other files" in mixed.why and "`sqlite: {}`" in mixed.why
    apart = planned(data(DataKind.SQLITE, sqlite=("app.db",), others=3), DataSettings(sqlite=SqliteSettings()))
    assert (apart.method, apart.downtime) == (BackupMethod.SQLITE, 0) and "a moment after" in apart.why
    assert planned(data(DataKind.SQLITE, writers=()), DataSettings(sqlite=SqliteSettings())).method is BackupMethod.COPY
    hidden = planned(data(DataKind.SQLITE, sqlite=("app.db",), not_live="its locks are not seen"))
    assert hidden.method is BackupMethod.PAUSE and hidden.why.startswith("its locks are not seen, so")
    with pytest.raises(UsageError, match="data is no SQLite: it holds files"):
        planned(data(), DataSettings(sqlite=SqliteSettings()))
    assert "{sqlite: {}}" in planned(data(DataKind.SQLITE, doubt="a folder can't be read")).answers[0]


def test_what_is_unknown_is_asked_with_the_lines_that_answer() -> None:
    one = planned(data(DataKind.UNKNOWN, name="two words", doubt="it can't be read"))
    assert one.asks == "it can't be read"
    assert '"two words": {quiesce: stop}' in one.answers[0] and "{skip: REASON}" in one.answers[-1]
    assert planned(data(DataKind.UNKNOWN)).asks
    postgres = planned(
        data(DataKind.POSTGRESQL, doubt="several databases lie in it", writers=(writer("db", "postgres"),))
    )
    assert "{postgresql: {}}" in postgres.answers[0]


@pytest.mark.parametrize(
    ("said", "method"),
    [
        (DataSettings(skip="rebuilt by the app"), BackupMethod.SKIP),
        (DataSettings(quiesce=Quiesce.PAUSE), BackupMethod.PAUSE),
        (DataSettings(command=DumpCommand("d", "r")), BackupMethod.COMMAND),
    ],
)
def test_an_answer_ends_the_question(said: DataSettings, method: BackupMethod) -> None:
    one = planned(data(DataKind.UNKNOWN, doubt="?"), said)
    assert (one.method, one.asks, one.answers) == (method, "", ())
    assert one.why == said.skip
    assert one.container == ("shop-db-1" if said.command else "")


def test_point_in_time_is_of_postgresql_alone() -> None:
    said = DataSettings(postgresql=PostgresqlSettings(point_in_time=True))
    running = (writer("db", "postgres"),)
    one = planned(data(DataKind.POSTGRESQL, writers=running), said)
    assert one.method is BackupMethod.PG_DUMP and one.point_in_time and "where the host is lost" in one.why
    one = planned(data(DataKind.POSTGRESQL, writers=running, log_lacks=("x is y",)), said)
    assert one.method is BackupMethod.PG_DUMP and one.lacks == ("x is y",) and not one.asks, "it is dumped all the same"
    one = planned(data(DataKind.POSTGRESQL, writers=()), said)
    assert one.method is BackupMethod.COPY and one.point_in_time, "what was received of it stays"
    plain = DataSettings(postgresql=PostgresqlSettings())
    one = planned(data(DataKind.EMPTY, doubt="?", writers=running), plain)
    assert one.method is BackupMethod.PG_DUMP and not one.point_in_time
    with pytest.raises(UsageError, match="data is no PostgreSQL: it holds Valkey"):
        planned(data(DataKind.VALKEY, writers=(writer("db", "valkey-server"),)), said)


def test_an_answer_for_mariadb_and_mysql_names_how_their_programs_get_in() -> None:
    running = (writer("db", "mysqld"),)
    said = DataSettings(mysql=MariadbSettings(option_file="/run/secrets/backup.cnf"))
    one = planned(data(DataKind.EMPTY, doubt="?", writers=running), said)
    assert (one.method, one.option_file, one.asks) == (BackupMethod.MYSQL_DUMP, "/run/secrets/backup.cnf", "")
    one = planned(data(DataKind.MARIADB, doubt="?", writers=running), said)
    assert one.method is BackupMethod.MARIADB_DUMP, "its files tell, where the setting does not fit"
    assert planned(data(DataKind.MARIADB, writers=()), said).method is BackupMethod.COPY
    assert planned(data(DataKind.MARIADB, writers=(writer("web", "sh"),)), said).method is BackupMethod.STOP
    asked = planned(data(DataKind.MARIADB, doubt="beside it lie other files", writers=running))
    assert asked.answers[0].startswith("data: {mariadb: {}}") and "nothing else of it" in asked.answers[0]
    with pytest.raises(UsageError, match="data is no MariaDB: it holds Valkey"):
        planned(data(DataKind.VALKEY), DataSettings(mariadb=MariadbSettings()))
    with pytest.raises(ValueError, match="`mariadb` and `quiesce` can't both be said"):
        DataSettings(mariadb=MariadbSettings(), quiesce=Quiesce.STOP)


def test_key_values_that_were_in_doubt_are_dumped_where_it_is_said() -> None:
    cache = data(DataKind.EMPTY, doubt="no files of Valkey", writers=(writer("db", "valkey-server"),))
    assert "{valkey: {}}" in planned(cache).answers[0]
    assert planned(cache, DataSettings(valkey=KeyValueSettings())).method is BackupMethod.RDB
    stopped = data(DataKind.REDIS, writers=())
    assert planned(stopped, DataSettings(redis=KeyValueSettings())).method is BackupMethod.COPY
    with pytest.raises(UsageError, match="data is no Redis: it holds files"):
        planned(data(), DataSettings(redis=KeyValueSettings()))


def test_a_command_for_several_containers_is_asked_where_none_is_the_servers() -> None:
    said = DataSettings(command=DumpCommand("d", "r"))
    two = (writer("a", "sh"), writer("b", "sh"))
    assert "shop-a-1, shop-b-1" in planned(data(writers=two), said).asks
    assert planned(data(writers=(*two, writer("c", "postgres"))), said).container == "shop-c-1"
    assert planned(data(writers=()), said).method is BackupMethod.COPY


def settings(**said: DataSettings) -> BackupSettings:
    return BackupSettings(data=said)


SKIP = DataSettings(skip="not needed")


def test_keys_are_names_of_data_or_of_services_that_write_to_one() -> None:
    found = [data(name="pgdata", writers=(writer("db"),)), data(name="a", writers=(writer("web"), writer("db2"))),
             data(name="b", writers=(writer("web"),))]  # fmt: skip
    methods = [each.method for each in plan_backup(settings(db=SKIP, b=SKIP), found, "shop").data]
    assert methods == [BackupMethod.SKIP, BackupMethod.PAUSE, BackupMethod.SKIP]
    with pytest.raises(UsageError, match="no data 'pgdta'") as unknown:
        plan_backup(settings(pgdta=SKIP), found, "shop")
    assert unknown.value.hint.startswith("did you mean pgdata?")
    with pytest.raises(UsageError, match="writes to several data sets") as several:
        plan_backup(settings(web=SKIP), found, "shop")
    assert several.value.hint == "name one: a, b"
    with pytest.raises(UsageError, match="pgdata and db are the same data"):
        plan_backup(settings(pgdata=SKIP, db=SKIP), found, "shop")


def test_notes_say_what_is_worth_knowing() -> None:
    plan = plan_backup(BackupSettings(), [data(name="a"), data(name="b", path="/srv/a/b", measured=False)], "shop")
    assert plan.notes[0] == NOWHERE
    text = " ".join(plan.notes)
    assert "100 MB a second" in text and "b lies inside of a" in text and "no time to count all files of b" in text
    assert plan_backup(BackupSettings(to=("/mnt/x",)), [data(DataKind.EMPTY)], "shop").notes == ()
    assert "no data to save" in plan_backup(BackupSettings(), [], "").notes[1]


writers = some.builds(
    writer,
    some.sampled_from(["db", "web"]),
    some.sampled_from(["", "sh", *SERVERS.values()]),
    read_only=some.booleans(),
    running=some.booleans(),
)
sets = some.builds(
    data,
    some.sampled_from([*DataKind]),
    doubt=some.sampled_from(["", "it can't be read"]),
    others=some.integers(0, 2),
    writers=some.lists(writers, max_size=3).map(tuple),
)
answers = some.sampled_from([
    None, SKIP, DataSettings(quiesce=Quiesce.STOP), DataSettings(command=DumpCommand("d", "r")),
])  # fmt: skip


@given(some.lists(some.tuples(sets, answers), max_size=5))
def test_each_data_set_is_planned_once_with_a_method_a_reason_or_a_question(
    found: list[tuple[DataSet, DataSettings | None]],
) -> None:
    named = [structs.replace(each, name=f"data{number}") for number, (each, _) in enumerate(found)]
    said = {each.name: answer for each, (_, answer) in zip(named, found, strict=True) if answer is not None}
    plan = plan_backup(BackupSettings(data=said), named, "")
    assert [each.data for each in plan.data] == named
    for each in plan.data:
        running = [w for w in each.data.writers if w.running and not w.read_only]
        if each.method is BackupMethod.SKIP:
            assert each.why
        if each.method is BackupMethod.COPY:
            assert each.why or each.asks
            assert each.data.kind is DataKind.EMPTY or not running, "somebody may write while it is copied"
        if each.method in DUMPS.values():
            assert any(w.container == each.container for w in running)
        if each.method is BackupMethod.COMMAND:
            assert each.container or each.asks
        assert bool(each.asks) == bool(each.answers)
        if each.data.name not in said and (each.data.doubt or each.data.kind is DataKind.UNKNOWN):
            assert each.asks
        assert (each.downtime > 0) <= (each.method in (BackupMethod.PAUSE, BackupMethod.STOP))
