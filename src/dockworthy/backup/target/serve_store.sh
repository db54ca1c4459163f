#!/bin/sh
# All that a host with backups can have run here over ssh: adding to its repository, and reading it. dockworthy keeps
# this file on the host that keeps the backups, and fills in the names; the line of authorized_keys names it.
folder=@folder@ # of the store: the repository is below
rclone=@rclone@
umask 027
cd / || exit
if ! [ -x "$rclone" ]; then
    echo "rclone is not installed here: $rclone is missing" >&2
    exit 127
fi
if ! [ -d "$folder/repository/keys" ]; then
    echo "$folder/repository is not there: is its disk mounted?" >&2
    exit 1
fi
exec 9<"$folder/lock" || exit
# What a lost connection cut off in the middle would be taken for damage by everybody who reads. Nothing that is whole
# can go here: a name of restic's is the SHA-256 of the content. Others that write now are left alone: each holds the
# lock. `keep` puts aside what was sent of packs, which hinders nobody.
# What lies in a folder below these is none of restic's, and rclone would list it all the same.
if cd "$folder/repository" && flock -n -x 9; then
    find index snapshots keys locks -mindepth 2 -user "$(id -u)" -delete
    # shellcheck disable=SC2016 # another shell's
    find index snapshots keys locks -type f -user "$(id -u)" \
        -exec sh -c '
            for file; do
                sum=$(sha256sum <"$file") && sum=${sum%% *} && [ ${#sum} = 64 ] && [ "$sum" != "${file##*/}" ] &&
                    rm -f -- "$file"
            done' sh {} +
fi
flock -s 9 && cd / || exit
exec "$rclone" serve restic --stdio --append-only --config= "$folder/repository"
