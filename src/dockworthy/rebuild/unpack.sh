# shellcheck shell=sh
# Unpacks the files of a project; none that is there already is touched. $1: their folder. Standard input: tar.
umask 077
if [ ! -d "$1" ]; then
    mkdir -p -- "$1" && chmod 755 -- "$1" || exit
fi
exec tar -C "$1" --skip-old-files --numeric-owner -xpf -
