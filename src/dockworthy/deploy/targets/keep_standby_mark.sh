# shellcheck shell=sh
# Writes the mark of a standby, and starts end_standby.sh where the host has what that needs: then prints `guarded`.
# $1: the mark, $2: how files begin that are not whole yet, $3: seconds, $4: the engine's socket or "", $5: the text of
# end_standby.sh; the others: containers.
mark=$1 aside=$2 seconds=$3 socket=$4 guard=$5
shift 5
folder=${mark%/*}
umask 077
mkdir -p "$folder" && aside=$(mktemp "$folder/${aside}XXXXXX") && until=$(($(date +%s) + seconds)) || exit 1
if ! { printf '%s %s\n' "$until" "$*" >"$aside" && sync "$aside" && mv "$aside" "$mark"; }; then
    rm -f "$aside"
    exit 1
fi
[ -n "$socket" ] && { command -v docker || command -v curl; } >/dev/null || exit 0
setsid sh -c "$guard" guard "$mark" "$until" "$socket" "$@" </dev/null >/dev/null 2>&1 3>&- 8>&- 9>&- &
echo guarded
