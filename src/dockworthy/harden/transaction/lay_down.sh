# shellcheck shell=sh
# Lays a stage down before it begins. $1: its folder, $2: its state; then of each file its name and, in base64, content.
umask 077
folder=$1 state=$2
shift 2
mkdir -p "$folder/old" "$folder/new" || exit 1
while [ $# -gt 0 ]; do
    printf %s "$2" | base64 -d >"$folder/$1" || exit 1
    shift 2
done
echo "$state" >"$folder/state"
sync
