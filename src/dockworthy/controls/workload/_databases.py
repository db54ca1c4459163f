"""Databases: how they are told, and where they keep their data when nobody says otherwise."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct

from ...model.field import Set
from ...model.workload import Container
from ..image_names import parse_image


class Database(Struct, frozen=True):
    """`images`: last parts of image names; `programs`: executables; `paths`: data folders, the usual one first."""

    name: str
    images: frozenset[str]
    programs: frozenset[str]
    paths: tuple[str, ...]
    path_variable: str = ""
    often_a_cache: bool = False


def _database(
    name: str, images: str, programs: str, paths: str, variable: str = "", *, cache: bool = False
) -> Database:
    return Database(
        name,
        frozenset(images.split()),
        frozenset(programs.split()),
        tuple(paths.split()),
        variable,
        often_a_cache=cache,
    )


DATABASES: tuple[Database, ...] = (
    _database(
        "PostgreSQL",
        "postgres postgresql postgis timescaledb timescaledb-ha pgvector postgres-ha",
        "postgres",
        "/var/lib/postgresql /bitnami/postgresql /home/postgres/pgdata",
        "PGDATA",
    ),
    _database(
        "MySQL or MariaDB",
        "mysql mysql-server mariadb percona percona-server",
        "mysqld mariadbd",
        "/var/lib/mysql /bitnami/mysql /bitnami/mariadb",
    ),
    _database(
        "MongoDB",
        "mongo mongodb mongodb-community-server percona-server-mongodb",
        "mongod",
        "/data/db /bitnami/mongodb",
    ),
    _database(
        "Redis",
        "redis redis-stack redis-stack-server valkey keydb",
        "redis-server valkey-server keydb-server",
        "/data /bitnami/redis /var/lib/redis",
        cache=True,
    ),
    _database("Elasticsearch", "elasticsearch", "", "/usr/share/elasticsearch/data /bitnami/elasticsearch/data"),
    _database("OpenSearch", "opensearch", "", "/usr/share/opensearch/data"),
    _database("InfluxDB", "influxdb", "influxd", "/var/lib/influxdb2 /var/lib/influxdb"),
    _database("Cassandra", "cassandra scylla", "scylla", "/var/lib/cassandra /var/lib/scylla /bitnami/cassandra"),
    _database("CouchDB", "couchdb", "", "/opt/couchdb/data"),
    _database("Neo4j", "neo4j", "", "/data"),
    _database("ClickHouse", "clickhouse clickhouse-server", "clickhouse clickhouse-server", "/var/lib/clickhouse"),
    _database("SQL Server", "mssql-server mssql", "sqlservr", "/var/opt/mssql"),
    _database("CockroachDB", "cockroach", "cockroach", "/cockroach/cockroach-data"),
    _database("MinIO", "minio", "minio", "/data /bitnami/minio/data"),
    _database("etcd", "etcd", "etcd", "/var/lib/etcd /etcd-data /bitnami/etcd"),
    _database("RabbitMQ", "rabbitmq", "", "/var/lib/rabbitmq /bitnami/rabbitmq", cache=True),
)


def database_of(container: Container) -> Database | None:
    """By its processes where they are seen, else by its image's name, which may be said of a tool of the database."""
    seen = _programs(container)
    for database in DATABASES:
        if seen & database.programs:
            return database
    name = parse_image(container.image.value).program if isinstance(container.image, Set) else ""
    named = next((database for database in DATABASES if name in database.images), None)
    if named is not None and seen and named.programs:
        return None  # the image of a database, running something else: a dump, a client
    return named


def runs_a_database(command: Iterable[str]) -> bool:
    """Does a command, or the script that starts it, name the program of a database?"""
    words = {word.rsplit("/", 1)[-1] for line in command for word in line.split()}
    return any(words & database.programs for database in DATABASES)


def _programs(container: Container) -> frozenset[str]:
    processes = container.processes
    if not isinstance(processes, Set):
        return frozenset()
    return frozenset(process.program for process in processes.value)


def data_paths(database: Database, container: Container) -> Iterator[str]:
    """What its environment names comes first."""
    environment = container.environment
    if database.path_variable and isinstance(environment, Set):
        written = environment.value.get(database.path_variable, "")
        if written.startswith("/"):
            yield written
    yield from database.paths
