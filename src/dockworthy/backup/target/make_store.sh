# shellcheck shell=sh
# Makes the user and the folders of a store, or puts right what is there. Each thing that was not there before is told in
# a line of its own: what fails later takes it away again.
# user, folder: of the store. keeper: the folder of what looks after it. packages: to be installed, or ''.
# 70: a package can't be installed. 71: the user can't be made. 72: the folder can't be.
# shellcheck disable=SC2154 # given before this text
umask 022
if [ -n "$packages" ]; then
    export DEBIAN_FRONTEND=noninteractive
    # shellcheck disable=SC2086 # names of packages
    apt-get install -y --no-install-recommends $packages </dev/null >/dev/null 2>&1 ||
        { apt-get update </dev/null >/dev/null 2>&1 &&
            apt-get install -y --no-install-recommends $packages </dev/null >/dev/null; } || exit 70
    echo packages
fi
if ! getent passwd "$user" >/dev/null; then
    # `*` is no password, and not the mark of a locked account, which some servers let nobody into.
    useradd --system --user-group --no-create-home --home-dir "$folder" --shell /bin/sh --password '*' "$user" || exit 71
    echo user
fi
[ -d "$folder" ] || echo folder
repository=$folder/repository
mkdir -p -- "$folder" "$folder/.ssh" "$repository" && chown root:root -- "$folder" "$folder/.ssh" &&
    chmod 755 -- "$folder" "$folder/.ssh" && touch -- "$folder/lock" && chown "root:$user" -- "$folder/lock" &&
    chmod 640 -- "$folder/lock" || exit 72
# Folders that are root's and sticky: their files can be added to, and what is root's can't be removed or renamed.
(
    cd -- "$repository" && mkdir -p index keys locks snapshots data && cd data || exit
    for one in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
        for two in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do [ -d $one$two ] || mkdir $one$two || exit; done
    done
) || exit 72
find "$repository" -type d -exec chown "root:$user" {} + -exec chmod 3770 {} + || exit 72
find "$repository" -path "$repository/locks" -prune -o -type f -user root -exec chown "root:$user" {} + \
    -exec chmod 440 {} + || exit 72
[ -d "$keeper" ] || echo keeper
mkdir -p -- "$keeper" && chmod 700 -- "$keeper" || exit 72
