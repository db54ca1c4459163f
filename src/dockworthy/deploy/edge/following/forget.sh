# shellcheck shell=sh
# Takes a project's name out of the follower's files. $1: the edge's folder, $2: the project.
cd "$1/follow" 2>/dev/null || exit 0
rm -f -- "folders/$2.json" told.json && if [ -e log ]; then : >log; fi
