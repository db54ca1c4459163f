# shellcheck shell=sh
# Writes down which containers are about to be paused or stopped, durably, and starts quiesce_guard.sh for the shell that
# runs this. $1: the mark, $2: the text of quiesce_guard.sh, $3: the engine's socket, the others: `pause ID` or `stop ID`.
mark=$1 guard=$2 socket=$3
shift 3
umask 077
mkdir -p "${mark%/*}" && printf '%s\n' "$@" >"$mark.new" && sync "$mark.new" && mv "$mark.new" "$mark" || exit 1
setsid sh -c "$guard" guard "$mark" "$PPID" "$socket" </dev/null >/dev/null 2>&1 3>&- &
