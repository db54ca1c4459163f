#!/bin/bash
# One of several that share the tests of a run: in namespaces of its own below the run's, with a folder of its own, so
# that its engines meet no other worker's. What is started this way speaks with pytest over standard input and output.
set -uo pipefail

DOCKWORTHY_TEST_FOLDER=$(mktemp -d "$DOCKWORTHY_TEST_FOLDER/XXX") || exit 20
chmod 0711 "$DOCKWORTHY_TEST_FOLDER" "${DOCKWORTHY_TEST_FOLDER%/*}" || exit 20 # accounts of tests find their way
export DOCKWORTHY_TEST_FOLDER
exec unshare --net --mount --pid --fork --kill-child --mount-proc \
    bash "$(dirname -- "${BASH_SOURCE[0]}")/namespace.sh" "$@"
