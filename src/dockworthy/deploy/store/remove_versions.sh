# shellcheck shell=sh
# Removes the versions of secrets and configs that nobody uses any more. Sent after put.sh and the fence.
# $1: the folder of all versions; the others: NAME/VERSION that stay.
cd "$1" 2>/dev/null || exit 0
shift
for file in */*; do
    [ -f "$file" ] || continue
    for kept in "$@"; do
        [ "$file" != "$kept" ] || continue 2
    done
    rm -f -- "$file" || exit
done
for name in */; do rmdir -- "$name" 2>/dev/null; done
exit 0
