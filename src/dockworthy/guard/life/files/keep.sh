#!/bin/sh
# Keeps a command running where no service manager does: keep.sh PIDFILE COMMAND...
# TERM ends both, HUP is passed on. An engine answers nobody while its guard is away.
pidfile=$1
shift
child=''
ended=''
trap 'ended=1; [ -z "$child" ] || kill -TERM "$child" 2>/dev/null' TERM INT
trap '[ -z "$child" ] || kill -HUP "$child" 2>/dev/null' HUP
echo $$ >"$pidfile"
while [ -z "$ended" ]; do
    "$@" &
    child=$!
    while kill -0 "$child" 2>/dev/null; do wait "$child"; done
    child=''
    [ -n "$ended" ] || sleep 0.2
done
rm -f "$pidfile"
