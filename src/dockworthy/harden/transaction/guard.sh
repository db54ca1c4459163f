# shellcheck shell=sh
# Does a stage, waits for a word, and takes the stage back where none comes: whoever began it may be gone.
#   sh guard.sh FOLDER SECONDS
D=$1
trap '' HUP INT TERM
# shellcheck source=/dev/null
. "$D/host.sh"

printf '%s\n' "$$" >"$D/guard"
take_back() {
    say_state undoing
    if sh "$D/undo.sh" >>"$D/log" 2>&1; then say_state undone; else say_state stuck; fi
    exit 0
}

say_state applying
sh "$D/do.sh" >>"$D/log" 2>&1 || take_back
say_state applied
waited=0
while [ "$waited" -lt "$(($2 * 5))" ]; do
    if [ -e "$D/confirm" ]; then
        say_state kept
        exit 0
    fi
    [ ! -e "$D/revoke" ] || take_back
    sleep 0.2
    waited=$((waited + 1))
done
printf 'nobody confirmed it within %s s\n' "$2" >"$D/why"
take_back
