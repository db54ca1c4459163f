# shellcheck shell=sh
# Removes proofs, and what writers that were killed days ago left aside. $1: the folder; then names of files in it.
cd "$1" || exit
shift
[ "$#" = 0 ] || rm -f -- "$@" || exit
find . ! -name . -prune -type f -name '*_*.json.new' -mtime +1 -exec rm -f -- {} +
