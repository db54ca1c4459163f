#!/bin/bash
# Runs a command where it can harm nothing: in process, mount and network namespaces of its own (./test made them).
#
# This script is process 1 there: when it ends, or is killed, the kernel ends every engine and container inside and
# takes away their mounts, bridges and firewall rules. `/run` is a fresh one: no socket of the machine's own engine,
# and none of systemd's, can be reached by mistake. What is mounted inside is not seen outside, and yet "shared"
# inside, as on an ordinary host.
set -uo pipefail
trap : INT TERM # process 1 stays until the command has ended, and cleans up after it

mount --make-rprivate / && mount --make-rshared / || exit 20
mount -t tmpfs -o mode=0755,nosuid,nodev tmpfs /run || exit 20
mkdir -p /run/lock /run/netns
ip link set lo up || exit 20
"$@"
