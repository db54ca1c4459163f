#!/bin/sh
# dockworthy with the Python that lies beside it. It asks nothing of the system but its C library.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 10
LD_LIBRARY_PATH=$here/lib exec "$here/bin/python3" -I -S "$here/start.py" "$@"
