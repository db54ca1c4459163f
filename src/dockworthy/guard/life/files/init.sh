#!/bin/sh
### BEGIN INIT INFO
# Provides:          dockworthy-guard
# Required-Start:    $local_fs
# Required-Stop:     $local_fs
# X-Start-Before:    docker
# X-Stop-After:      docker
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: dockworthy's guard: judges every request to Docker's API
### END INIT INFO
# Written by dockworthy guard install.
pidfile=@pid@
socket=@socket@
people=@people@
folder=@folder@
log=@log@

# By its command line: the number may be another's by now, or that of one who is dead and not yet buried.
runs() { [ -s "$pidfile" ] && grep -q keep.py "/proc/$(cat "$pidfile")/cmdline" 2>/dev/null; }

start() {
    runs && return 0
    rm -f "$pidfile"
    mkdir -p "$(dirname "$log")"
    [ -z "$folder" ] || [ -d "$folder" ] || mkdir -m 0700 "$folder" # for the engine's own socket
    setsid @command@ </dev/null >>"$log" 2>&1 &
    n=0
    until runs && [ -s @serving@ ]; do # the engine must not be started before it answers
        n=$((n + 1))
        [ "$n" -le 300 ] || { echo "the guard did not come up: $log" >&2; return 1; }
        sleep 0.1
    done
}

stop() {
    runs || return 0
    pid=$(cat "$pidfile")
    kill -TERM "$pid"
    n=0
    while runs && [ "$n" -lt 100 ]; do n=$((n + 1)); sleep 0.1; done
    rm -f "$socket" ${people:+"$people"}
}

case $1 in
start) start ;;
stop) stop ;;
restart | force-reload) stop && start ;;
reload) runs && kill -HUP "$(cat "$pidfile")" ;;
status) if runs; then echo "dockworthy-guard runs"; else echo "dockworthy-guard does not run"; exit 3; fi ;;
*) echo "usage: $0 start|stop|restart|reload|status" >&2; exit 2 ;;
esac
