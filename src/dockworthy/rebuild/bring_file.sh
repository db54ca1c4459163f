# shellcheck shell=sh
# A single file takes the place where it was, out of the folder that it was restored into. $1: that folder, beside the
# place; it goes. $2: the path.
mkdir -p -- "${2%/*}" && mv -T -- "$1/${2##*/}" "$2" && rmdir -- "$1"
