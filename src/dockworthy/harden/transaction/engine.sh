# shellcheck shell=sh
# What a stage does to the engine itself. Joins host.sh; D is the stage's folder.

# engine_is_told: from here on the engine may have read what is new.
engine_is_told() { : >"$D/told"; }
engine_was_told() { [ -e "$D/told" ]; }

# engine_pid PID_FILE: the running engine's process.
engine_pid() {
    pid=$(cat "$1" 2>/dev/null) && [ -n "$pid" ] && [ -d "/proc/$pid" ] && printf '%s' "$pid"
}

# note_running SOCKET: the containers that run; those of a swarm are the swarm's to start.
note_running() {
    docker -H "unix://$1" ps --no-trunc --format '{{.ID}} {{.Label "com.docker.swarm.task.id"}}' 2>/dev/null |
        sed -n 's/^\([0-9a-f]*\) *$/\1/p' >>"$D/ran" || :
}

# start_again SOCKET: those that ran and stopped with the engine. One that can't be started is found when it is measured.
start_again() {
    sort -u "$D/ran" | while read -r container; do
        running=$(docker -H "unix://$1" inspect -f '{{.State.Running}}' "$container" 2>/dev/null) || continue
        [ "$running" = true ] || docker -H "unix://$1" start "$container" >/dev/null || :
    done
}

# lay_let_go PATH: the settings by which the engine lets go of what it would keep.
lay_let_go() {
    at=$(place_of "$1")
    beside="$(dirname -- "$at")/.$(basename -- "$at").dockworthy"
    [ -e "$at" ] && cat "$D/let_go" >"$beside" && chmod --reference="$at" "$beside" &&
        chown --reference="$at" "$beside" && mv -f "$beside" "$at" && return 0
    rm -f "$beside"
    return 1
}

# let_go PID_FILE SOCKET: the engine reads them, and says so. One that does not run has nothing to let go of.
let_go() {
    pid=$(engine_pid "$1") && kill -HUP "$pid" || return 0
    waited=0
    while [ "$waited" -lt 50 ]; do
        docker -H "unix://$2" info -f '{{.LiveRestoreEnabled}}' 2>/dev/null | grep -q false && return 0
        sleep 0.2
        waited=$((waited + 1))
    done
}

# reload_engine PID_FILE
reload_engine() {
    pid=$(engine_pid "$1") || fail "the engine does not run: $1 names no process"
    kill -HUP "$pid" || fail "the engine could not be told to read its settings again"
}

# relaunch_engine PID_FILE SOCKET: stops it, and starts it as it was started before. For an engine that no service manager has.
relaunch_engine() {
    if pid=$(engine_pid "$1"); then
        # Its environment may hold a proxy's password: it goes from file to process, never through an argument.
        [ -s "$D/launch.argv" ] || {
            tr '\0' '\n' <"/proc/$pid/environ" >"$D/launch.environ"
            readlink "/proc/$pid/fd/1" >"$D/launch.log"
            cat "/proc/$pid/cmdline" >"$D/launch.argv"
        }
        kill -TERM "$pid"
        waited=0
        while [ -d "/proc/$pid" ] && [ "$waited" -lt 300 ]; do
            case $(cut -d ' ' -f 3 "/proc/$pid/stat" 2>/dev/null) in Z | '') break ;; esac
            sleep 0.2
            waited=$((waited + 1))
        done
    fi
    [ -s "$D/launch.argv" ] || fail "how the engine was started can't be told: start it by hand"
    log=$(cat "$D/launch.log")
    case $log in /dev/* | *deleted*) log=$D/engine.log ;; /*) ;; *) log=$D/engine.log ;; esac
    # shellcheck disable=SC2016 # the inner shell expands it
    setsid env -i sh -c '
        while IFS= read -r setting; do case $setting in [A-Za-z_]*=*) export "$setting" ;; esac; done <"$1/launch.environ"
        exec xargs -0 -a "$1/launch.argv" env
    ' sh "$D" </dev/null >>"$log" 2>&1 &
    wait_for_engine "$2" $!
}

# engine_answers SOCKET: 2 where no program is here to ask with.
engine_answers() {
    if command -v docker >/dev/null; then
        docker -H "unix://$1" version >/dev/null 2>&1
    elif command -v curl >/dev/null; then
        curl -sf --max-time 5 --unix-socket "$1" http://engine/_ping >/dev/null 2>&1
    else
        return 2
    fi
}

# wait_for_engine SOCKET LAUNCHED: until it answers. Told to reload before that, it would end.
wait_for_engine() {
    waited=0
    while [ "$waited" -lt 300 ]; do
        engine_answers "$1"
        case $? in
        0) return 0 ;;
        2) [ "$waited" -lt 25 ] || return 0 ;;
        esac
        if [ -n "$2" ] && [ "$waited" -gt 2 ] && ! kill -0 "$2" 2>/dev/null; then
            fail "the engine ended as soon as it was started: $(tail -n 1 "$log" 2>/dev/null | cut -c 1-300)"
        fi
        sleep 0.2
        waited=$((waited + 1))
    done
    fail "the engine did not answer within 60 s"
}
