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
watchfile=@watch@
socket=@socket@
people=@people@
folder=@folder@
log=@log@

# By its command line: the number may be another's by now, or that of one who is dead and not yet buried.
runs() { [ -s "$pidfile" ] && grep -q keep.py "/proc/$(cat "$pidfile")/cmdline" 2>/dev/null; }

watched() { [ -s "$watchfile" ] && grep -q dockworthy-guard "/proc/$(cat "$watchfile")/cmdline" 2>/dev/null; }

# Starts the guard again when it was killed: there is no service manager that would. It ends when the guard is stopped.
watch() {
    echo $$ >"$watchfile"
    echo -900 >/proc/self/oom_score_adj 2>/dev/null
    if runs; then # one that somebody else has started
        while runs; do sleep 1; done
        [ -s "$pidfile" ] || { rm -f "$watchfile"; return 0; } # it ended by itself, and was not killed
    fi
    while :; do
        @command@
        status=$?
        # It was told to end, its file can't be used, or another program listens where its socket is to be.
        case $status in 0 | 2 | 3) break ;; esac
        echo "the guard's keeper ended with status $status: starting it again" >&2
        sleep 0.5
    done
    rm -f "$watchfile"
}

start() {
    # A fresh /run has neither the plugin's folder nor that of the engine's own socket: the engine looks for both.
    mkdir -p "$(dirname "$log")" "$(dirname "$socket")"
    [ -z "$folder" ] || [ -d "$folder" ] || mkdir -m 0700 "$folder"
    watched || setsid "$0" watch </dev/null >>"$log" 2>&1 &
    n=0
    until runs && [ -s @serving@ ]; do # the engine must not be started before it answers
        n=$((n + 1))
        if [ "$n" -gt 300 ] || { [ "$n" -gt 50 ] && ! watched; }; then
            echo "the guard did not come up: $log says: $(tail -n 1 "$log")" >&2
            return 1
        fi
        sleep 0.1
    done
}

@listened@

stop() {
    ! watched || kill -KILL "$(cat "$watchfile")"
    rm -f "$watchfile"
    runs || return 0
    pid=$(cat "$pidfile")
    kill -TERM "$pid"
    n=0
    while runs && [ "$n" -lt 100 ]; do n=$((n + 1)); sleep 0.1; done
    for each in "$socket" ${people:+"$people"}; do listened "$each" || rm -f "$each"; done
}

case $1 in
start) start ;;
watch) watch ;;
stop) stop ;;
restart | force-reload) stop && start ;;
reload) runs && @check@ && kill -HUP "$(cat "$pidfile")" ;;
status) if runs; then echo "dockworthy-guard runs"; else echo "dockworthy-guard does not run"; exit 3; fi ;;
*) echo "usage: $0 start|stop|restart|reload|status" >&2; exit 2 ;;
esac
