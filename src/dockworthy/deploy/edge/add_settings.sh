# shellcheck shell=sh
# Unpacks a version of the settings, which tar packed: the whole of it, or nothing. It is run in the edge's folder.
# $1: the version, $2: the folder beside the versions where challenges are answered from.
[ ! -d "settings/$1" ] || exit 0
mkdir -p run "settings/$2" && chmod 755 settings "settings/$2" && chmod 777 run || exit
rm -rf "settings/$1.half" && mkdir "settings/$1.half" && tar -xf - --no-same-owner -C "settings/$1.half" &&
    chmod -R a+rX "settings/$1.half" && sync -f "settings/$1.half" && mv -T "settings/$1.half" "settings/$1" &&
    sync -f settings
