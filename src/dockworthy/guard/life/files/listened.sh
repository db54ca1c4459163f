# shellcheck shell=sh
# Does a living process listen at the socket that has this path now? The kernel lists the path at which a socket was made:
# the guard's own was made beside this one, so that only another's, as the engine's, is found. Where the kernel's list
# can't be read, nobody can tell: then it is taken for one that somebody has.
listened() {
    [ -r /proc/net/unix ] || return 0
    at=$(readlink -f "$1") || return 1
    while read -r _ _ _ flags _ _ _ path; do
        case $flags:$path in 00010000:*/"${at##*/}") [ "$(readlink -f "$path")" != "$at" ] || return 0 ;; esac
    done </proc/net/unix
    return 1
}
