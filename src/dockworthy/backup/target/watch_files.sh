# shellcheck shell=sh
# Says which files of a store were removed or changed meanwhile. folder: of the store. list: a file for what was there.
# token: part of the names of files that nobody must be able to make, or to read. step: `begin` prints the name of one
# file of each kind, `end` prints what is no longer as it was, and what was made where nothing may be made.
# shellcheck disable=SC2154 # given before this text
umask 022
cd -- "$folder/repository" || exit
all() {
    find . -path ./locks -prune -o -type f -printf '%p %s %i %T@\n' | sort
    find config keys index -type f -exec sha256sum {} + | sort
}
LC_ALL=C
export LC_ALL
if [ "$step" = begin ]; then
    all >"$list" && printf '%s\n' "$token" >"$folder/$token" || exit
    for kind in keys index snapshots data; do
        find "$kind" -type f -printf '%T@ %f\n' | sort -n | sed -n "\$s/.* /$kind /p"
    done
else
    all >"$list.now" && comm -23 "$list" "$list.now" | head -n 5 | sed 's/ .*//'
    for place in "$folder" "${folder%/*}" /tmp /var/tmp /; do
        find "$place" -maxdepth 1 -name "made-$token*"
    done
    rm -f -- "$list" "$list.now" "$folder/$token" "/tmp/made-$token"
fi
