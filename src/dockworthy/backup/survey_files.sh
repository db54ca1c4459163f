# shellcheck shell=sh
# Prints of a folder or a file: how many regular files it has, their bytes, and a sum of the names, owners and modes of
# all that is in it and of itself, of sizes, and of contents (the first thousand of at most 1 MB). The same for a copy of
# it elsewhere. $1: the path.
cd "$1" 2>/dev/null || { cd "${1%/*}/" && set -- "./${1##*/}"; } || exit 1
[ -n "${1##./*}" ] && set -- .
list=$(mktemp) || exit 1
trap 'rm -f "$list"' EXIT
LC_ALL=C find "$1" -xdev -name '.dockworthy-moment.*' -prune -o -type f -exec stat -c '%s %n' {} + | sort -k 2 >"$list"
awk '{ files += 1; bytes += $1 } END { printf "%d %d ", files, bytes }' "$list"
{
    LC_ALL=C find "$1" -xdev -name '.dockworthy-moment.*' -prune -o -exec stat -c '%F %u:%g %a %n' {} + | sed 's/^regular empty file /regular file /' | sort
    cat "$list"
    awk '$1 <= 1048576' "$list" | head -n 1000 | cut -d ' ' -f 2- | tr '\n' '\0' | xargs -0 -r sha256sum --
} | sha256sum | cut -d ' ' -f 1
