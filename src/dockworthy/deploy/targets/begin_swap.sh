# shellcheck shell=sh
# Starts swap_guard.sh for the shell that runs this. $1: the mark, $2: the text of swap_guard.sh, the others: what
# that takes after the shell.
mark=$1 guard=$2
shift 2
umask 077
mkdir -p "${mark%/*}" && echo $$ >"$mark" &&
    setsid sh -c "$guard" guard "$mark" "$PPID" "$@" </dev/null >/dev/null 2>&1 &
