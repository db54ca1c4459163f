# shellcheck shell=sh
# Writes the record of a release: its standard input. Prints how many there are then, if it is a new one. Sent after
# put.sh, content.sh and the fence. $1: the number, $2: the folder, $3: bytes.
# Ends with 46 where the number was that of a release which is gone.
new=''
if ! [ -e "$2/$1.json" ]; then
    last=$(content "$2/last" 100 2>/dev/null)
    case $last in '' | *[!0-9]*) last=0 ;; esac
    [ "$1" -gt "$last" ] || exit 46
    new=yes
    printf '%s\n' "$1" | put "$2/last" $((${#1} + 1)) 600 '' || exit
fi
put "$2/$1.json" "$3" 600 '' || exit
# shellcheck disable=SC2010 # other names are left out
[ -z "$new" ] || ls "$2" | grep -c '^[0-9]*\.json$'
exit 0
