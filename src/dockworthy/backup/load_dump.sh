# shellcheck shell=sh
# Loads a dump into a database, or an image into an engine: what the first command writes is read by the second. Fails
# where either does: a dump that ended early looks to the second one like one that ended. $1 and $2: the commands, as a
# shell reads them.
told=$(mktemp) || exit 1
trap 'rm -f "$told"' EXIT
{
    sh -c "$1"
    echo $? >"$told"
} | sh -c "$2" >/dev/null
loaded=$?
if [ "$(cat "$told")" != 0 ] && [ "$loaded" = 0 ]; then
    echo "the dump did not arrive whole" >&2
    exit 1
fi
exit "$loaded"
