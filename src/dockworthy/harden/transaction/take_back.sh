# shellcheck shell=sh
# Takes a stage back that nobody guards any more, and prints its state. One that never began has changed nothing.
# $1: its folder.
D=$1
case $(cat "$D/state" 2>/dev/null) in
'' | prepared)
    echo undone | tee "$D/state"
    exit
    ;;
kept) rm -f "$D/ran" ;; # what ran then may have been stopped by people since
esac
# shellcheck source=/dev/null # host.sh, as it was when the stage began
. "$D/host.sh"
say_state undoing
if sh "$D/undo.sh" >>"$D/log" 2>&1; then say_state undone; else say_state stuck; fi
cat "$D/state"
