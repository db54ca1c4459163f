# shellcheck shell=sh
# The folder in which the host keeps a received log. $1: what to do.
#   make FOLDER CHAIN LIKE     makes FOLDER/CHAIN/received, which belongs to whom LIKE does
#   give FILE LIKE             FILE belongs to whom LIKE does, who alone can read it
#   list FOLDER                prints `NAME BYTES SECONDS` of each file in it; SECONDS: when it was written to, since 1970
#   chains FOLDER              prints the chains there
#   window LOCK FILE TEXT      writes FILE when nobody has the lock
#   trim LOCK FOLDER BEFORE MINUTES     removes whole files named before BEFORE that are older than MINUTES, when nobody
#                              has the lock
#   drop FOLDER                removes a chain
umask 077
does=$1
shift
case $does in
make) mkdir -p -- "$1/$2/received" "$1/$2/windows" && chown --reference="$3" -- "$1/$2/received" ;;
give) chown --reference="$2" -- "$1" && chmod 400 -- "$1" ;;
list) find "$1" -maxdepth 1 -type f -printf '%f %s %T@\n' ;;
chains)
    for each in "$1"/*/received; do
        [ ! -d "$each" ] || basename -- "${each%/received}"
    done
    ;;
window)
    mkdir -p -- "${1%/*}" "${2%/*}"
    # shellcheck disable=SC2016 # another shell's
    flock -w 600 "$1" sh -c 'printf "%s\n" "$2" >"$1.new" && sync "$1.new" && mv -f -- "$1.new" "$1"' sh "$2" "$3"
    ;;
trim)
    # shellcheck disable=SC2016 # another shell's
    flock -w 600 "$1" find "$2" -maxdepth 1 -type f -mmin "+$4" -exec sh -c '
        before=$1
        shift
        for file; do
            name=${file##*/}
            case $name in *[!0-9A-F]*) continue ;; esac
            [ "${#name}" = 24 ] || continue
            least=$(printf "%s\n%s\n" "$name" "$before" | LC_ALL=C sort | head -n 1)
            if [ "$name" != "$before" ] && [ "$least" = "$name" ]; then rm -f -- "$file"; fi
        done' sh "$3" {} +
    ;;
drop) case $1 in */backup/log/*/*) rm -rf -- "$1" ;; *) exit 1 ;; esac ;;
esac
