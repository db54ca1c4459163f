#!/bin/sh
# Keeps the guard that lies beside it running: keep.sh FILE. An engine answers nobody while its guard is away.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 10
LD_LIBRARY_PATH=$here/lib exec "$here/bin/python3" -I -S "$here/keep.py" "$@"
