# shellcheck shell=sh
# Prints the first of "$@" that is a Python which can copy an SQLite database while it is written to.
for python; do
    if "$python" -I -c 'import hashlib, sqlite3; sqlite3.Connection.backup' >/dev/null 2>&1 </dev/null; then
        printf '%s\n' "$python"
        exit
    fi
done
