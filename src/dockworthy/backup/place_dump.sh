# shellcheck shell=sh
# Puts a dump where its server looks for it when it starts. $1: the folder of the data. $2: the file, below that. $3 and
# $4: its owner and mode. $5: the file that names the parts of the server's log, below $1 ('': none), $6: its line. $7: the
# command that writes the dump, as a shell reads it.
umask 077
cd -- "$1" || exit 1
above=${2%/*}
if [ "$above" != "$2" ] && [ ! -d "./$above" ]; then
    mkdir -p -- "./$above" && chown -- "$3" "./$above" && chmod 755 -- "./$above" || exit 1
fi
sh -c "$7" >"./$2" || exit 1
chown -- "$3" "./$2" && chmod -- "$4" "./$2" || exit 1
[ -n "$5" ] || exit 0
printf '%s\n' "$6" >"./$5" && chown -- "$3" "./$5" && chmod -- "$4" "./$5"
