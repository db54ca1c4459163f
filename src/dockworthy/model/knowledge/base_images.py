"""Official images of Docker Hub: which name no user, and which distribution release a name or a tag stands for."""

from __future__ import annotations

import datetime

WHAT = "users and distributions of official images"
KNOWN_ON = datetime.date(2026, 11, 25)
SOURCES = ("the Dockerfiles of Docker's official images", "the Alpine Linux releases page")

ROOT_IMAGES = frozenset(
    "alpine debian ubuntu busybox fedora amazonlinux rockylinux almalinux oraclelinux archlinux centos photon"
    " buildpack-deps gcc python node golang ruby php perl rust openjdk eclipse-temurin amazoncorretto maven erlang"
    " elixir"
    " nginx httpd tomcat caddy traefik registry bash docker".split()
)
"""They start as root unless a Dockerfile says otherwise, and have no health check of their own. Databases that begin
as root to hand over to a user of their own are not among them."""

OFFICIAL = ROOT_IMAGES | frozenset(
    "postgres mysql mariadb percona mongo redis valkey memcached rabbitmq nats cassandra couchdb couchbase influxdb"
    " neo4j elasticsearch kibana logstash telegraf zookeeper haproxy eclipse-mosquitto kong varnish wordpress nextcloud"
    " drupal joomla ghost mediawiki matomo redmine sonarqube adminer phpmyadmin mongo-express composer gradle"
    " clojure haskell julia swift dart r-base groovy neurodebian clearlinux sapmachine ibmjava jetty tomee odoo"
    " hello-world".split()
)
"""Names without a slash that Docker Hub gives to nobody else; the well known ones, not all."""

USERS = {"node": "1000:1000"}
"""Image -> a user that it brings along for programs, by number; who builds on it must name it."""

DISTRIBUTIONS = {
    "debian": "debian",
    "ubuntu": "ubuntu",
    "centos": "centos",
    "rockylinux": "rocky",
    "almalinux": "almalinux",
    "alpine": "alpine",
}
"""Image -> `ID` of its /etc/os-release."""

CODENAMES = {
    "stretch": ("debian", "9"),
    "buster": ("debian", "10"),
    "bullseye": ("debian", "11"),
    "bookworm": ("debian", "12"),
    "trixie": ("debian", "13"),
    "wheezy": ("debian", "7"),
    "jessie": ("debian", "8"),
    "trusty": ("ubuntu", "14.04"),
    "xenial": ("ubuntu", "16.04"),
    "bionic": ("ubuntu", "18.04"),
    "focal": ("ubuntu", "20.04"),
    "jammy": ("ubuntu", "22.04"),
    "noble": ("ubuntu", "24.04"),
}
"""Part of a tag -> the release that it stands for."""

ENDED = {
    ("debian", "7"): datetime.date(2018, 5, 31),
    ("debian", "8"): datetime.date(2020, 6, 30),
    ("ubuntu", "14.04"): datetime.date(2019, 4, 30),
    ("ubuntu", "16.04"): datetime.date(2021, 4, 30),
    ("centos", "6"): datetime.date(2020, 11, 30),
}
"""Releases that no host is expected to run any more, and images still do -> the last day of their updates."""

ALPINE_UPDATES_UNTIL = {
    "3.12": datetime.date(2022, 5, 1),
    "3.13": datetime.date(2022, 11, 1),
    "3.14": datetime.date(2023, 5, 1),
    "3.15": datetime.date(2023, 11, 1),
    "3.16": datetime.date(2024, 5, 23),
    "3.17": datetime.date(2024, 11, 22),
    "3.18": datetime.date(2025, 5, 9),
    "3.19": datetime.date(2025, 11, 1),
    "3.20": datetime.date(2026, 4, 1),
    "3.21": datetime.date(2026, 11, 1),
    "3.22": datetime.date(2027, 5, 1),
    "3.23": datetime.date(2027, 11, 1),
}
"""Release of Alpine -> the last day with security updates."""
