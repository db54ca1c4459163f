# shellcheck shell=sh
# Runs in a database's container: the program "$@" as the image's own superuser, with the password that the container
# was given, if any. That goes through a file which has no name any more, so that neither a list of processes nor the
# environment of one shows it.
export PGUSER="${PGUSER:-${POSTGRES_USER:-postgres}}"
password=${POSTGRES_PASSWORD-}
if [ -z "$password" ] && [ -r "${POSTGRES_PASSWORD_FILE-}" ]; then password=$(cat "$POSTGRES_PASSWORD_FILE"); fi
[ -n "$password" ] || exec "$@"
umask 077
file=$(mktemp /dev/shm/dockworthy.XXXXXX) || exec "$@"
printf '*:*:*:*:%s\n' "$(printf %s "$password" | sed 's/[\\:]/\\&/g')" >"$file"
exec 9<"$file"
rm -f "$file"
PGPASSFILE=/proc/self/fd/9 exec "$@"
