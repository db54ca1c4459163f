#!/bin/sh
# Keeps the edge's follower running where no systemd does. Called once more, it ends at once.
# usage: keep.sh PYTHON FOLDER SOCKET    until follower.py is gone from FOLDER/follow
python=$1 folder=$2 socket=$3
umask 077
exec 9>>"$folder/follow/keeper" || exit 1
flock -n 9 || exit 0
while [ -e "$folder/follow/follower.py" ]; do
    "$python" -I -S "$folder/follow/follower.py" "$folder" "$socket" 9>&- 2>>"$folder/follow/log"
    if [ "$(stat -c %s "$folder/follow/log" 2>/dev/null || echo 0)" -gt 1000000 ]; then : >"$folder/follow/log"; fi
    sleep 1
done
