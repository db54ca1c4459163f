# shellcheck shell=sh
# Makes the folder in which mariadb_dump.sh finds what it is to say, and prints its path. keep, lock, questions: as there.
# shellcheck disable=SC2154 # given before this text
umask 077
folder=$(mktemp -d) || exit 1
for name in keep lock questions; do
    eval "printf '%s' \"\$$name\"" >"$folder/$name" || { rm -rf "$folder" && exit 1; }
done
printf '%s\n' "$folder"
