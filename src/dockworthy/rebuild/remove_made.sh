# shellcheck shell=sh
# Removes what a rebuild made on the host. $1: what to do; "$@": what to do it with.
#   all PATH...       these folders and files, with all in them
#   inside PATH...    all that is in these folders
#   empty PATH...     these folders, where nothing is in them; in this order
#   back PATH ASIDE   what was put aside takes its place again
does=$1
shift
case $does in
all) rm -rf -- "$@" ;;
inside) for path; do [ ! -d "$path" ] || find "$path" -mindepth 1 -delete || exit; done ;;
empty) for path; do [ ! -d "$path" ] || rmdir -- "$path" 2>/dev/null; done || true ;;
back) [ ! -e "$2" ] || { rm -rf -- "$1" && mv -T -- "$2" "$1"; } ;;
esac
