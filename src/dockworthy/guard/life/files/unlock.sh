#!/bin/sh
# Takes dockworthy's guard out of the engine's way, when everything is wrong. Needs sh, sed, tr and root; no Python,
# no dockworthy, no engine that answers.
#
#   unlock.sh [DAEMON_JSON [PIDFILE]]
#
# daemon.json gets back what it held before the guard came, or loses the guard's name where somebody changed it since.
# The file as it was found stays beside it (.locked). A running engine is told; containers keep running.
#
# Where the guard's socket stands at the engine's own place, the guard is stopped and the engine restarted: it comes back
# to that place. Containers run on where live-restore is on, or daemon.json is as the guard left it.
settings=${1:-@settings@}
pidfile=${2:-@pidfile@}
kept=@state@
people="@people@" # empty: the engine's socket was not moved
folder="@folder@" # where it is meanwhile
new_files="@moved@"
changed_files="@changed@"

say() { echo "guard unlock: $*" >&2; }
give_up() { say "$*"; exit 1; }

[ "$(id -u)" = 0 ] || give_up "this needs root: sudo $0"

line_end=$(printf '\001')
between="[[:space:]$line_end]*"
list='\("authorization-plugins"[^]]*\)'

without_guard() { # in that list alone: with the comma behind it, or the one before it, or by itself
    tr '\n' '\001' <"$settings" | sed "
        s/$list\"dockworthy\"$between,$between/\\1/
        s/$list,$between\"dockworthy\"/\\1/
        s/$list\"dockworthy\"/\\1/" | tr '\001' '\n'
}

if [ -e "$kept/daemon.json.holding" ] && cmp -s "$settings" "$kept/daemon.json.holding"; then # an installation was cut off
    if [ -e "$kept/daemon.json.held" ]; then cp -p "$kept/daemon.json.held" "$settings"; else rm -f "$settings"; fi
fi
if [ ! -e "$settings" ]; then
    say "$settings is not there: nothing to change in it"
elif without_guard | cmp -s - "$settings"; then
    say "$settings does not name the guard: nothing to change in it"
else
    cp -p "$settings" "$settings.locked" || give_up "$settings can't be copied: is the disk full? edit it by hand: take \"dockworthy\" out of authorization-plugins"
    if [ -e "$kept/daemon.json.after" ] && cmp -s "$settings" "$kept/daemon.json.after"; then
        if [ -e "$kept/daemon.json.before" ]; then
            cp -p "$kept/daemon.json.before" "$settings.unlocked" && mv "$settings.unlocked" "$settings"
        else
            rm -f "$settings"
        fi
    else
        cp -p "$settings" "$settings.unlocked" && without_guard >"$settings.unlocked" && mv "$settings.unlocked" "$settings"
    fi || give_up "$settings can't be written; it is as it was"
    say "$settings no longer names the guard; as it was found: $settings.locked"
fi

under_systemd() { [ -d /run/systemd/system ] && command -v systemctl >/dev/null; }
engine() { cat "$pidfile" 2>/dev/null; }
engine_runs() { [ -s "$pidfile" ] && kill -0 "$(engine)" 2>/dev/null; }

answers() { docker -H "unix://$1" info -f '{{.LiveRestoreEnabled}}' 2>/dev/null | grep -q "$2"; }
wait_for() { # SOCKET WORD SECONDS: where no program is here that could ask, it is given that time
    command -v docker >/dev/null || { sleep "$3" && return 0; }
    n=0
    until answers "$1" "$2"; do
        n=$((n + 1))
        [ "$n" -le 300 ] || return 1
        sleep 0.2
    done
}

# The engine reads live-restore before it ends, so that containers run on, and lets go of it after.
hold() {
    held=''
    [ -s "$kept/daemon.json.unlocking" ] || return 0
    engine_runs || under_systemd || return 0
    if [ -e "$settings" ]; then
        cmp -s "$settings" "$kept/daemon.json.before" || return 0
    fi
    cp "$kept/daemon.json.unlocking" "$settings" && held=1
    engine_runs || return 0
    kill -HUP "$(engine)"
    wait_for "$folder/docker.sock" true 3 || say "the engine does not take over live-restore: its containers stop"
}

let_go() {
    [ -n "$held" ] || return 0
    # Told before it has begun to listen for it, an engine ends; it lets go by a word, and not by silence.
    if wait_for "$people" true 15; then
        cp "$kept/daemon.json.unlocked" "$settings" && kill -HUP "$(engine)"
        wait_for "$people" false 3
    fi
    if [ -e "$kept/daemon.json.before" ]; then
        cp -p "$kept/daemon.json.before" "$settings.unlocked" && mv "$settings.unlocked" "$settings"
    else
        rm -f "$settings"
    fi
}

@listened@

stop_guard() {
    if under_systemd; then
        rm -f @after@ # else the engine's start brings it back
        systemctl disable --now --quiet @unit@ 2>/dev/null
    else
        [ ! -x @init@ ] || @init@ stop 2>/dev/null
        ! command -v update-rc.d >/dev/null || update-rc.d -f "$(basename @init@)" remove >/dev/null 2>&1
    fi
    [ ! -s @watch@ ] || ! grep -q dockworthy-guard "/proc/$(cat @watch@)/cmdline" 2>/dev/null || kill -KILL "$(cat @watch@)"
    [ ! -s @pid@ ] || ! grep -q keep.py "/proc/$(cat @pid@)/cmdline" 2>/dev/null || kill -KILL "$(cat @pid@)"
    [ ! -s @serving@ ] || ! grep -q guard "/proc/$(cut -d ' ' -f 1 @serving@)/cmdline" 2>/dev/null || kill -KILL "$(cut -d ' ' -f 1 @serving@)"
    listened "$people" || rm -f "$people"
    rm -f @watch@ @pid@ @serving@
}

put_back() {
    for file in $new_files; do
        rm -f "$file"
        rmdir "$(dirname "$file")" 2>/dev/null
    done
    for file in $changed_files; do cp -p "$kept/$(basename "$file").before" "$file"; done
    [ ! -f @defaults@ ] || sed -i '/dockworthy-guard first/d' @defaults@ # else the engine's start brings the guard back
}

stop_engine() {
    pid=$(engine)
    if under_systemd && systemctl cat docker.service >/dev/null 2>&1; then
        socket=''
        ! systemctl is-active -q docker.socket || socket=docker.socket
        systemctl stop ${socket:+"$socket"} docker.service
        start=systemd
    elif [ -x /etc/init.d/docker ] && /etc/init.d/docker status >/dev/null 2>&1; then
        /etc/init.d/docker stop
        start=script
    elif engine_runs; then
        (umask 077 && tr '\0' '\n' <"/proc/$pid/environ" >"$kept/environ.unlocking")
        cp "/proc/$pid/cmdline" "$kept/cmdline.unlocking"
        log=$(readlink "/proc/$pid/fd/1")
        case $log in /dev/* | *deleted*) log=/var/log/dockerd.log ;; /*) ;; *) log=/var/log/dockerd.log ;; esac
        kill -TERM "$pid"
        start=alone
    else
        start=nobody
    fi
    n=0
    while [ -n "$pid" ] && [ -d "/proc/$pid" ] && [ "$n" -lt 600 ]; do
        case $(cut -d ' ' -f 3 "/proc/$pid/stat" 2>/dev/null) in Z | '') break ;; esac
        n=$((n + 1))
        sleep 0.1
    done
}

start_engine() {
    case $start in
    systemd)
        systemctl daemon-reload
        systemctl reset-failed docker.service 2>/dev/null
        systemctl start ${socket:+"$socket"} docker.service || give_up "it does not start: journalctl -u docker tells why"
        ;;
    script) /etc/init.d/docker start ;;
    alone)
        # shellcheck disable=SC2016 # the inner shell expands it
        setsid env -i sh -c '
            while IFS= read -r line; do case $line in [A-Za-z_]*=*) export "$line" ;; esac; done <"$1/environ.unlocking"
            exec xargs -0 -a "$1/cmdline.unlocking" env
        ' sh "$kept" </dev/null >>"$log" 2>&1 &
        ;;
    *) say "no engine runs; start it as you do" ;;
    esac
}

# A mounted socket is the file that was there when the container started: the guard's, which is gone.
stale() {
    command -v docker >/dev/null || return 0
    names=$(docker -H "unix://$people" ps -q | while read -r id; do
        docker -H "unix://$people" inspect -f '{{.Name}}{{range .Mounts}} {{.Source}}{{end}} ' "$id" |
            sed -n "s,^/\([^ ]*\) .*/$(basename "$people") .*,\1,p"
    done | tr '\n' ' ')
    [ -z "$names" ] || say "these have the guard's socket mounted, and reach nobody until: docker restart $names"
}

if [ -n "$people" ] && [ -d "$folder" ]; then
    say "restarting the engine: its socket comes back to $people"
    hold
    stop_engine
    stop_guard
    put_back
    start_engine
    let_go
    rm -f "$folder/docker.sock" "$kept/environ.unlocking" "$kept/cmdline.unlocking"
    rmdir "$folder" 2>/dev/null
    say "try: docker ps"
    stale
elif engine_runs && kill -HUP "$(engine)"; then
    say "the engine (process $(engine)) was told to read it; try: docker ps"
elif under_systemd; then
    say "no engine runs; starting it"
    systemctl reset-failed docker.service 2>/dev/null
    systemctl start docker.service || give_up "it does not start: journalctl -u docker tells why"
else
    say "no engine runs; start it as you do"
fi
group=$(stat -Lc %G "${people:-/var/run/docker.sock}" 2>/dev/null)
say "nothing is judged now: whoever may open the engine's socket${group:+ (group $group)} is root on this host"
say "the guard comes back with: dockworthy guard install${people:+ --people}"
