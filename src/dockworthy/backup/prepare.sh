# shellcheck shell=sh
# Looks whether restic can be run here, and for the key: makes one where there is none. Keeps the files by which restic
# is run for one repository. Prints restic's version, and `made` in a line of its own where it made the key.
# keep: keep_file.sh. backups: the folder of what dockworthy remembers of repositories. folder: below it, of this one.
# key: the key's file. create: 1 where it may be made. over_ssh: 1 for a store on
# another host. place, restic, producer: content of the files of those names.
# 70: no restic. 71: no key. 72: no key, and there are repositories that it opened: their folder is the last word.
# 73: a file is no regular one. 74: it can be read by others. 75: it is another user's. 76: it is empty. 77: it can't be
# made. Of 73 to 76 the last word is the file. 78: a file can't be kept. 79: there is no key for a store on another host.
# shellcheck disable=SC2154 # given before this text
umask 077
command -v restic >/dev/null || exit 70
version=$(restic version 2>/dev/null </dev/null) || exit 70
[ ! -d "$backups" ] || chmod 700 "$backups"
[ "$over_ssh" != 1 ] || [ -f "$folder/ssh_key" ] || exit 79

made=''

if [ ! -e "$key" ]; then
    [ "$create" = 1 ] || exit 71
    for known in "$backups"/*/key; do
        if [ -f "$known" ] && [ "$(cat -- "$known")" = "$key" ]; then
            echo "${known%/key}" >&2
            exit 72
        fi
    done
    mkdir -p -- "$(dirname -- "$key")" && new=$(mktemp "$key.XXXXXX") || exit 77
    trap 'rm -f -- "$new"' EXIT
    made=made
    # Never over another one: a second run may make it at this moment.
    if ! { head -c 32 /dev/urandom | base64 >"$new" && [ "$(wc -c <"$new")" -ge 45 ] && sync "$new" &&
        { ln -- "$new" "$key" || [ -f "$key" ]; }; }; then
        exit 77
    fi
fi

for file in "$key" "$key.env"; do
    [ -e "$file" ] || continue
    found=$(stat -L -c '%a %u' -- "$file")
    status=0
    if [ ! -f "$file" ]; then
        status=73
    elif [ "${found#* }" != "$(id -u)" ]; then
        status=75
    elif [ "$(((0${found% *}) & 077))" != 0 ]; then
        status=74
    elif [ ! -s "$file" ] && [ "$file" = "$key" ]; then
        status=76
    fi
    if [ "$status" != 0 ]; then
        echo "$file" >&2
        exit "$status"
    fi
done
keep "$folder/place" 600 "$place" && keep "$folder/restic" 700 "$restic" && keep "$folder/producer" 700 "$producer" ||
    exit 78
printf '%s\n' "$version" "$made"
