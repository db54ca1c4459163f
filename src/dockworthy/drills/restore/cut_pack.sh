# shellcheck shell=sh
# Cuts the largest pack of a repository of restic short. $1: the repository's folder.
pack=$(find "$1/data" -type f -exec stat -c '%s %n' {} + | sort -n | tail -n 1)
size=${pack%% *}
pack=${pack#* }
[ "${size:-0}" -gt 1000 ] && chmod u+w -- "$pack" && truncate -s "$((size / 2))" -- "$pack"
