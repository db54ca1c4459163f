# shellcheck shell=sh
# Removes old versions of the settings. It is run in the edge's folder.
# $1: the folder beside the versions where challenges are answered from, $2: how many versions stay.
cd settings && rm -rf -- *.half && now=$(readlink current) || exit
# shellcheck disable=SC2010 # the versions' names are hexadecimal
ls -1t | grep -v -e '^current' -e "^$1\$" | tail -n "+$(($2 + 1))" | while read -r old; do
    [ "$old" = "$now" ] || rm -rf -- "$old"
done
