# shellcheck shell=sh
# Copies what a server mounts besides its data: $1: a folder to make, in which each gets a folder by its number, from 0;
# $2: kB above which a folder stays empty; the others: what is mounted. Prints of each `file`, `folder`, or `none` for what
# is neither.
umask 077
scratch=$1 most=$2
shift 2
mkdir -p -- "$scratch" || exit 1
number=0
for source; do
    if [ -d "$source" ]; then
        copy=$scratch/$number
        mkdir -- "$copy" || exit 1
        size=$(timeout 20 du -skx -- "$source" 2>/dev/null | cut -f 1)
        if [ "${size:-$((most + 1))}" -le "$most" ]; then
            cp -a -- "$source/." "$copy/" || exit 1
            find "$copy" -type s -exec rm -f {} +
        fi
        chown --reference="$source" -- "$copy" && chmod --reference="$source" -- "$copy" || exit 1
        echo folder
    elif [ -f "$source" ]; then
        echo file
    else
        echo none
    fi
    number=$((number + 1))
done
