# shellcheck shell=sh
# Holds a folder as it is at this moment, so that it can be saved while others write on: in a snapshot of btrfs, or in a
# copy whose files share their blocks with it (XFS, btrfs, ZFS since 2.2). Prints what it is, and where it lies in the
# new folder: `snapshot /data/files`, `clone /data`. Fails where the file system has neither; what it made by then
# drop_moment.sh removes. $1: the mark, by which a later run finds the new folder; $2: that folder, beside the data on
# its own file system, where nothing is yet; $3: the path of the data.
mark=$1 folder=$2 path=$3
umask 077
printf '%s\n' "$folder" >"$mark.new" && sync "$mark.new" && mv -- "$mark.new" "$mark" || exit 1
# A container that may write beside the data could put a link there: from here on, this very folder is meant.
mkdir -- "$folder" && cd -P -- "$folder" && [ "$(pwd -P)" = "$folder" ] || exit 1
if [ "$(stat -f -c %T -- "$path")" = btrfs ] && command -v btrfs >/dev/null; then
    root=$path
    while [ -n "$root" ] && [ "$(stat -c %i -- "$root")" != 256 ]; do root=${root%/*}; done # 256: a subvolume's own folder
    if btrfs subvolume snapshot -r -- "${root:-/}" ./data >/dev/null; then
        printf 'snapshot /data%s\n' "${path#"$root"}"
        exit 0
    fi
fi
cp -axT --remove-destination --reflink=always -- "$path" ./data && echo 'clone /data'
