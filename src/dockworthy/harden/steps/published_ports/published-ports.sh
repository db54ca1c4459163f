#!/bin/sh
# Written by dockworthy harden: keeps its rules for published ports in force.
#   published-ports start    load the rules of /etc/dockworthy, whatever is there
#   published-ports keep     the same, only where they are gone
#   published-ports stop     take them out
#   published-ports settle   start where there are rules, else stop
set -u
PATH=/usr/sbin:/usr/bin:/sbin:/bin
rules=/etc/dockworthy/published-ports

# Who asks which chain of ours.
each_chain() { printf '%s\n' 'DOCKER-USER DOCKWORTHY' 'INPUT DOCKWORTHY-PROXY'; }

# has_chain PROGRAM CHAIN
has_chain() { "$1" -w 10 -n -L "$2" >/dev/null 2>&1; }

# is_asked PROGRAM ASKER CHAIN: before an end that nothing passes?
is_asked() {
    "$1" -w 10 -S "$2" 2>/dev/null |
        awk -v us="-A $2 -j $3" -v ends="-A $2 -j RETURN" '$0 == us { found = 1; exit } $0 == ends { exit } END { exit !found }'
}

no_longer_asked() {
    while "$1" -w 10 -D "$2" -j "$3" 2>/dev/null; do :; done
}

# be_forwarded PROGRAM: DOCKER-USER is asked before the engine's own chains. An engine that finds its containers running
# (live-restore) does not see to it again, and before its first start nothing does.
be_forwarded() {
    "$1" -w 10 -S FORWARD | awk '/^-A FORWARD -j DOCKER-USER$/ { first = 1; exit } /[Dd][Oo][Cc][Kk][Ee][Rr]/ { exit }
        END { exit !first }' && return
    no_longer_asked "$1" FORWARD DOCKER-USER
    "$1" -w 10 -I FORWARD 1 -j DOCKER-USER
}

# ask PROGRAM ASKER CHAIN: people's own rules in DOCKER-USER come first; in INPUT we do.
ask() {
    has_chain "$1" "$2" || "$1" -w 10 -N "$2" || return 1
    [ "$2" = INPUT ] || be_forwarded "$1" || return 1
    ! is_asked "$@" || return 0
    no_longer_asked "$@"
    if [ "$2" = INPUT ]; then
        "$1" -w 10 -I INPUT 1 -j "$3"
        return
    fi
    # The engine ends this chain with a RETURN of its own.
    number=$("$1" -w 10 -S "$2" | awk -v ends="-A $2 -j RETURN" '/^-A/ { n++ } $0 == ends { print n; exit }')
    if [ -n "$number" ]; then "$1" -w 10 -I "$2" "$number" -j "$3"; else "$1" -w 10 -A "$2" -j "$3"; fi
}

# is_loaded PROGRAM CHAIN FILE
is_loaded() {
    has_chain "$1" "$2" && [ "$("$1" -w 10 -S "$2" | grep -c '^-A ')" = "$(grep -c "^-A $2 " "$3")" ]
}

start_one() { # PROGRAM FILE FORCE
    command -v "$1" >/dev/null || return 0
    each_chain | while read -r asker chain; do
        if ! grep -q "^:$chain " "$2" 2>/dev/null; then
            stop_chain "$1" "$asker" "$chain"
        elif [ -n "$3" ] || ! is_loaded "$1" "$chain" "$2"; then
            printf 'load\n'
        fi
    done | grep -q load && { "$1-restore" -w 10 --noflush <"$2" || return 1; }
    each_chain | while read -r asker chain; do
        ! grep -q "^:$chain " "$2" 2>/dev/null || ask "$1" "$asker" "$chain" || exit 1
    done
}

stop_chain() { # PROGRAM ASKER CHAIN
    has_chain "$1" "$3" || return 0
    no_longer_asked "$@"
    "$1" -w 10 -F "$3" && "$1" -w 10 -X "$3" || return 1
    # Without the engine's own chain it was we who made DOCKER-USER.
    [ "$2" = DOCKER-USER ] && ! has_chain "$1" DOCKER || return 0
    no_longer_asked "$1" FORWARD DOCKER-USER
    "$1" -w 10 -X DOCKER-USER 2>/dev/null || :
}

start() {
    start_one iptables "$rules.v4" "$1" && start_one ip6tables "$rules.v6" "$1"
}

stop() {
    for program in iptables ip6tables; do
        command -v "$program" >/dev/null || continue
        each_chain | while read -r asker chain; do stop_chain "$program" "$asker" "$chain" || exit 1; done || return 1
    done
}

case ${1:-} in
start | restart | reload | force-reload) start force ;;
keep) start '' ;;
stop) stop ;;
settle) if [ -e "$rules.v4" ]; then start force; else stop; fi ;;
status)
    for program in iptables ip6tables; do
        command -v "$program" >/dev/null || continue
        each_chain | while read -r asker chain; do
            ! has_chain "$program" "$chain" || "$program" -w 10 -n -v -L "$chain"
        done
    done
    ;;
*)
    printf 'usage: published-ports start | keep | stop | settle | status\n' >&2
    exit 2
    ;;
esac
