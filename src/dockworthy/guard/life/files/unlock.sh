#!/bin/sh
# Takes dockworthy's guard out of the engine's way, when everything is wrong. Needs sh, sed, tr and root; no Python,
# no dockworthy, no engine that answers.
#
#   unlock.sh [DAEMON_JSON [PIDFILE]]
#
# daemon.json gets back what it held before the guard came, or loses the guard's name where somebody changed it since.
# The file as it was found stays beside it (.locked). A running engine is told; containers keep running.
settings=${1:-@settings@}
pidfile=${2:-@pidfile@}
kept=@state@

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

if [ -s "$pidfile" ] && kill -HUP "$(cat "$pidfile")" 2>/dev/null; then
    say "the engine (process $(cat "$pidfile")) was told to read it; try: docker ps"
elif [ -d /run/systemd/system ] && command -v systemctl >/dev/null; then
    say "no engine runs; starting it"
    systemctl reset-failed docker.service 2>/dev/null
    systemctl start docker.service || give_up "it does not start: journalctl -u docker tells why"
else
    say "no engine runs; start it as you do"
fi
say "the guard comes back with: dockworthy guard install"
