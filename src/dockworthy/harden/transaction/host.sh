# shellcheck shell=sh
# What the scripts of a stage are made of. D is the stage's folder; old/N is file N as it was.

say_state() {
    printf '%s\n' "$1" >"$D/state.new" && sync "$D/state.new" 2>/dev/null
    mv -f "$D/state.new" "$D/state" && sync "$D" 2>/dev/null
}

fail() {
    printf '%s\n' "$*" >"$D/why"
    printf '%s\n' "$*" >&2
    exit 1
}

# Where a path leads: a link is followed, what it links to is changed.
place_of() { readlink -f -- "$1" || printf '%s' "$1"; }

# keep N PATH: how it is now, once.
keep() {
    [ ! -e "$D/old/$1" ] && [ ! -e "$D/old/$1.none" ] && [ ! -e "$D/old/$1.mode" ] || return 0
    at=$(place_of "$2")
    if [ -d "$at" ]; then
        stat -c '%a %u:%g' -- "$at" >"$D/old/$1.mode"
    elif [ -e "$at" ]; then
        cp -a -- "$at" "$D/old/$1.part" && mv -f "$D/old/$1.part" "$D/old/$1"
    else
        : >"$D/old/$1.none"
    fi || fail "$2 could not be kept"
}

# expect PATH SUM: the file is what the plan saw (`none`: there is none).
expect() {
    at=$(place_of "$1")
    sum=none
    [ ! -e "$at" ] || sum=$(sha256sum <"$at" | cut -d ' ' -f 1)
    [ "$sum" = "$2" ] || fail "$1 was changed since the plan was made: make a new one"
}

# put N PATH MODE OWNER: new/N in its place, at once. `-` keeps mode or owner of what was there.
put() {
    at=$(place_of "$2")
    folder=$(dirname -- "$at")
    if [ ! -d "$folder" ]; then
        printf '%s\n' "$folder" >"$D/old/$1.folder"
        mkdir -p -- "$folder" || fail "$folder could not be made"
    fi
    beside="$folder/.$(basename -- "$at").dockworthy"
    cat "$D/new/$1" >"$beside" || { rm -f "$beside"; fail "$2 could not be written: is the file system read-only, or full?"; }
    if [ -e "$at" ]; then chmod --reference="$at" "$beside" && chown --reference="$at" "$beside"; else chmod 0644 "$beside"; fi
    [ "$3" = - ] || chmod "$3" "$beside"
    [ "$4" = - ] || chown "$4" "$beside"
    sync "$beside" 2>/dev/null || sync
    mv -f "$beside" "$at" || { rm -f "$beside"; fail "$2 could not be replaced: is it immutable (lsattr $at)?"; }
    sync "$folder" 2>/dev/null || sync
}

# drop PATH
drop() {
    rm -f -- "$(place_of "$1")" || fail "$1 could not be removed"
}

# mode PATH MODE OWNER
mode() {
    at=$(place_of "$1")
    [ -e "$at" ] || fail "$1 is not there any more"
    [ "$3" = - ] || chown "$3" -- "$at" || fail "the owner of $1 could not be changed"
    [ "$2" = - ] || chmod "$2" -- "$at" || fail "the mode of $1 could not be changed"
}

# is_as_kept OLD FILE: with content, owner and mode as before.
is_as_kept() {
    [ -e "$2" ] && cmp -s -- "$1" "$2" && [ "$(stat -c '%a %u:%g' -- "$1")" = "$(stat -c '%a %u:%g' -- "$2")" ]
}

# back N PATH: as it was.
back() {
    at=$(place_of "$2")
    folder=$(dirname -- "$at")
    if [ -e "$D/old/$1.mode" ]; then
        read -r bits who <"$D/old/$1.mode"
        [ "$(stat -c '%a %u:%g' -- "$at")" = "$bits $who" ] || { chown "$who" -- "$at" && chmod "$bits" -- "$at"; } || fail "the mode of $2 could not be taken back"
    elif [ -e "$D/old/$1" ]; then
        ! is_as_kept "$D/old/$1" "$at" || return 0 # it may be the file system that let nothing be written
        beside="$folder/.$(basename -- "$at").dockworthy"
        cp -a -- "$D/old/$1" "$beside" && sync "$beside" 2>/dev/null
        mv -f "$beside" "$at" || fail "$2 could not be put back: the old one is $D/old/$1"
    elif [ -e "$D/old/$1.none" ]; then
        [ ! -e "$at" ] || rm -f -- "$at" || fail "$2 could not be removed"
        if [ -e "$D/old/$1.folder" ]; then rmdir -p -- "$(cat "$D/old/$1.folder")" 2>/dev/null || :; fi
    fi
}

# attempt WORDS COMMAND...: a command that must do.
attempt() {
    words=$1
    shift
    said=$("$@" 2>&1) || fail "$words: $(printf '%s' "$said" | tail -n 1 | cut -c 1-300)"
}

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
