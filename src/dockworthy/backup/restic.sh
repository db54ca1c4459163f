#!/bin/sh
# Runs restic for one repository: `sh FILE snapshots`. dockworthy keeps this file on the host, and fills in the names.
# Where the repository is, its key and its credentials are in files that root alone can read, so none of them is ever
# in a list of processes. 60: the repository can't be written, 61: a line of KEY.env is none.
folder=@folder@
key=@key@
local=@local@   # the repository's folder where it is on this host, else ''
scheme=@scheme@ # sftp, s3 ...
store=@store@   # of an append-only store: its repository's folder over there, and the command of ssh that leads there
ssh=@ssh@

# What somebody exported for another repository must not lead elsewhere.
for name in $(env | sed -n 's/^\(RESTIC_[A-Z0-9_]*\)=.*/\1/p'); do
    unset "$name"
done
export RESTIC_REPOSITORY_FILE="$folder/place" RESTIC_PASSWORD_FILE="$key" RESTIC_CACHE_DIR=@cache@

DOCKWORTHY_HIDES=''
number=0
if [ -e "$key.env" ]; then
    while IFS= read -r line || [ -n "$line" ]; do
        number=$((number + 1))
        case $line in '' | '#'*) continue ;; esac
        name=${line%%=*}
        value=${line#*=}
        case $line in *=*) ;; *) name='' ;; esac
        case $name in
        '' | [0-9]* | *[!A-Za-z0-9_]* | PATH | RESTIC_PASSWORD* | RESTIC_REPOSITORY* | RESTIC_CACHE_DIR)
            echo "$number" >&2
            exit 61
            ;;
        esac
        case $value in '"'*'"' | "'"*"'") value=${value#?} && value=${value%?} ;; esac
        export "$name=$value"
        DOCKWORTHY_HIDES="$DOCKWORTHY_HIDES $name"
    done <"$key.env"
fi
export DOCKWORTHY_HIDES # the names that a producer is not given

words=''
polite=''
command -v nice >/dev/null && polite='nice -n 10'
ionice -c 2 -n 7 true 2>/dev/null && polite="$polite ionice -c 2 -n 7"
case ${1:-} in
backup | forget | prune | unlock | init)
    # restic tries for a quarter of an hour to write to a file system that is read-only.
    if [ -n "$local" ] && [ -d "$local" ] && ! touch -c -- "$local" 2>/dev/null; then exit 60; fi
    ;;
dump | restore | ls | check)
    # What is read-only takes no lock, and needs none: nobody deletes from it.
    if [ -n "$local" ] && [ -d "$local" ] && ! touch -c -- "$local" 2>/dev/null; then words=--no-lock; fi
    ;;
esac
# Of two that make a repository at once each writes a key of its own, and none opens it.
if [ "${1:-}" = init ]; then exec 8>"$folder/making" && flock 8; fi
case $scheme-${1:-} in
# The host that keeps it removes old backups at a time of its own, and nobody else may write meanwhile.
ssh-backup | ssh-check | ssh-restore | ssh-dump | ssh-ls) words='--retry-lock 5m' ;;
esac
# Somebody waits for what is restored.
case ${1:-} in dump | restore) polite='' ;; esac

case $scheme in
# Nobody is there to answer ssh, and a network that is lost is noticed.
sftp) set -- -o 'sftp.args=-oBatchMode=yes -oConnectTimeout=20 -oServerAliveInterval=20' "$@" ;;
ssh)
    unset RESTIC_REPOSITORY_FILE
    export RESTIC_REPOSITORY="rclone:$store"
    set -- -o "rclone.program=$ssh" "$@"
    ;;
esac
# shellcheck disable=SC2086 # words of ours
exec $polite restic $words "$@"
