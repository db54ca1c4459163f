# shellcheck shell=sh
# Fills a data folder of PostgreSQL with a copy of a whole server and its log. $1: the command that writes the copy as
# tar, as a shell reads it. $2: the folder. $3: the one that it is to belong to the same user as. $4: settings by which it
# recovers. The others: commands that write parts of the log as tar, the oldest first.
base=$1 folder=$2 like=$3 settings=$4
shift 4
told=$(mktemp) || exit 1
trap 'rm -f "$told"' EXIT
unpack() { # COMMAND FOLDER
    {
        sh -c "$1"
        echo $? >"$told"
    } | tar -xf - -C "$2" --numeric-owner || return
    [ "$(cat "$told")" = 0 ] || { echo "it did not arrive whole" >&2 && return 1; }
    # A copy of a server without tablespaces has no links. One that a server sent all the same leads anywhere on the host.
    find "$folder" -type l -exec rm -f -- {} +
}
unpack "$base" "$folder" || exit 1
mkdir -p -- "$folder/pg_wal/archive_status" || exit 1
for each; do unpack "$each" "$folder/pg_wal" || exit 1; done
for partial in "$folder"/pg_wal/*.partial; do
    [ -e "$partial" ] || continue
    if [ -e "${partial%.partial}" ]; then rm -f -- "$partial"; else mv -- "$partial" "${partial%.partial}"; fi
done
cp -p -- "$folder/postgresql.auto.conf" "$folder/dockworthy.auto.conf" &&
    printf '%s\n' "$settings" >>"$folder/postgresql.auto.conf" && : >"$folder/recovery.signal" || exit 1
chown -R --reference="$like" -- "$folder" && chmod --reference="$like" -- "$folder"
