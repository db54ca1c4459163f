# shellcheck shell=sh
# Prints nothing where no follower is; else whether it runs, and after that line what it tells. $1: the edge's folder.
cd "$1/follow" 2>/dev/null && [ -f follower.py ] || exit 0
if [ -f lock ] && ! flock -n lock true; then echo runs; else echo ended; fi
if [ -f told.json ]; then head -c 1000000 told.json; fi
