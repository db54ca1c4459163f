# shellcheck shell=sh
# Writes its standard input to a file, with mode and owner of another one. $1: its path, $2: the other one's,
# $3: `keep` where it is first kept beside as PATH.before, "" where not.
if [ -n "$3" ] && ! [ -e "$1.before" ]; then cp -a "$1" "$1.before" || exit; fi
like=$(readlink -f -- "$2")
cat >"$1.part" && chmod --reference="$like" "$1.part" && chown --reference="$like" "$1.part" && mv -f "$1.part" "$1"
