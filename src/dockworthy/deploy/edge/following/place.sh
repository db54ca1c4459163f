# shellcheck shell=sh disable=SC2154 # folder is set by who sends this
# The edge's follower on a host: looked at, started, taken away. Sent by placing.py, with one of the functions called;
# `./run --uninstall` calls `remove` of the copy that is kept beside the follower.

unit=dockworthy-edge-follow.service
units=${SETUP_ROOT:-}/etc/systemd/system
cron=${SETUP_ROOT:-}/etc/cron.d/dockworthy-edge-follow

# Prints: its interpreter; who keeps it running (systemd, cron, or nobody but its own shell); whether it runs; then the
# checksums of FILE...
look() { # STANDARD (yes: the edge's folder is at the usual place) FILE...
    found=$(interpreter)
    for python in /usr/bin/python3 /usr/local/bin/python3 /usr/libexec/platform-python; do
        [ -z "$found" ] || break
        if has_all "$python"; then found=$python && break; fi
    done
    if [ -z "$found" ] && [ "$(id -u)" != 0 ]; then
        python=$(command -v python3) && has_all "$python" && found=$python
    fi
    if ! command -v flock >/dev/null; then found=''; fi
    echo "python $found"
    if [ "$1" != yes ] || [ "$(id -u)" != 0 ]; then
        echo "by shell"
    elif [ -d /run/systemd/system ]; then
        echo "by systemd"
    elif [ -d "${cron%/*}" ]; then
        echo "by cron"
    else
        echo "by shell"
    fi
    if runs; then echo "runs yes"; else echo "runs no"; fi
    shift
    sha256sum -- "$@" 2>/dev/null
    return 0
}

interpreter() { # of the follower that runs: to start another one for asking it takes long
    runs && pid=$(head -c 20 "$folder/follow/lock") && [ -n "$pid" ] || return
    tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null |
        { IFS= read -r python && case "$python" in /*) [ -x "$python" ] && printf '%s\n' "$python" ;; esac; }
}

has_all() { # PYTHON
    [ "$("$1" -I -S -c 'import fcntl, http.client, json, socket, sys; print(sys.version_info >= (3, 7))' 2>/dev/null)" = True ]
}

runs() {
    [ -f "$folder/follow/lock" ] && ! flock -n "$folder/follow/lock" true
}

ended() { # the one that runs: whoever keeps it starts what stands there now
    if runs && pid=$(head -c 20 "$folder/follow/lock") && [ -n "$pid" ]; then kill "$pid" 2>/dev/null; fi
    return 0
}

start() { # BY PYTHON SOCKET
    if [ "$1" = systemd ]; then
        systemctl daemon-reload && systemctl enable --quiet "$unit" && systemctl restart "$unit" || return
    else
        ended
        setsid sh "$folder/follow/keep.sh" "$2" "$folder" "$3" </dev/null >/dev/null 2>&1 3>&- 8>&- 9>&- &
    fi
    tries=0
    until runs; do
        tries=$((tries + 1))
        if [ $tries -gt 300 ]; then echo "it does not start" >&2 && return 1; fi
        sleep 0.1
    done
}

remove() {
    if [ -e "$units/$unit" ] && grep -qsF -- "$folder/follow/" "$units/$unit"; then
        systemctl disable --quiet --now "$unit" 2>/dev/null
        rm -f -- "$units/$unit"
        systemctl daemon-reload 2>/dev/null
    fi
    if grep -qsF -- "$folder/follow/" "$cron"; then rm -f -- "$cron"; fi
    [ -d "$folder/follow" ] || return 0
    rm -f -- "$folder/follow/follower.py" || return
    ended
    if [ -f "$folder/follow/keeper" ]; then flock -w 10 "$folder/follow/keeper" true; fi
    rm -rf -- "$folder/follow"
}
