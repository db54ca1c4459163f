# shellcheck shell=sh
# Ends a script with 45 where somebody took over the lock in $dw_locked after $dw_epoch. Sent after top.sh and put.sh;
# `put` looks once more before it moves.
: "${dw_locked:?}" "${dw_epoch:?}" "${top=}"
fenced() { top "$dw_locked"; [ "$top" = "$dw_epoch" ] || return 45; }
fenced || exit
