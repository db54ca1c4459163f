# shellcheck shell=sh
# Folders, or single files, that are restored in place: beside the old one first, then exchanged by names alone. $1: what
# to do.
#   beside PATH DATA   makes an empty folder beside DATA, on the same file system, and prints it. Beside it,
#                      FOLDER.databases may be made
#   single NEW FILE    the file FILE in the folder NEW, which `beside` made, takes the place of that folder
#   aside NEW          prints what restores that were killed put aside there
#   exchange PATH NEW OLD DATA    PATH is called OLD from then on, and NEW takes its name
#   back PATH OLD FAILED DATA     and the other way round: what is at PATH is called FAILED; nothing where OLD is not there
#   remove PATH...     removes what `beside` made, or that were put aside; others it refuses
# DATA is all that its containers mount; PATH is that, or a folder in it. In it they may put a link anywhere, so what
# is restored is made outside of it, where the file system is the same, and by no link in it anything is exchanged.
umask 077
within() { # PATH DATA
    [ "$1" != "$2" ] || return 0
    data=$(cd -P -- "$2/" && pwd -P) && above=$(cd -P -- "${1%/*}/" && pwd -P) || return
    [ "$above/${1##*/}" != "$data${1#"$2"}" ] || return 0
    echo "a link leads to $1" >&2
    return 1
}
ours() { # PATH
    case ${1##*/} in .dockworthy-restore.*) ;; *)
        echo "$1 is no folder of a restore" >&2
        return 1
        ;;
    esac
}
does=$1
shift
case $does in
beside)
    [ -d "$1" ] || [ -f "$1" ] || { echo "$1 is no folder and no file" >&2; exit 1; }
    within "$1" "$2" || exit 1
    ! mountpoint -q "$1" 2>/dev/null || { echo "$1 is a mount point, and can't be exchanged" >&2; exit 1; }
    device=$(stat -c %d -- "$1")
    [ "$1" = "$2" ] || mountpoint -q "$2" 2>/dev/null || [ "$device" != "$(stat -c %d -- "${2%/*}/")" ] || set -- "$2"
    # Of a restore that was killed while it loaded; what is loaded for other folders beside PATH stays.
    for left in "${1%/*}/.dockworthy-restore.${1##*/}".?????? "${1%/*}/.dockworthy-restore.${1##*/}".??????.databases; do
        [ ! -e "$left" ] || rm -rf -- "$left"
    done
    made=$(mktemp -d "${1%/*}/.dockworthy-restore.${1##*/}.XXXXXX") && printf '%s\n' "$made"
    ;;
single)
    ours "$1" && other=$(mktemp -u "${1%.*}.XXXXXX") && mv -T -- "$2" "$other" && rmdir -- "$1" &&
        mv -T -- "$other" "$1"
    ;;
aside) for left in "${1%/*}"/.dockworthy-restore.before-*; do [ ! -e "$left" ] || printf '%s\n' "$left"; done ;;
exchange)
    ours "$2" && ours "$3" && within "$1" "$4" && [ ! -e "$3" ] && mv -T -- "$1" "$3" || exit 1
    mv -T -- "$2" "$1" || { mv -T -- "$3" "$1" && exit 1; }
    sync "${1%/*}"
    ;;
back)
    ours "$2" && ours "$3" || exit 1
    [ -e "$2" ] || exit 0
    within "$1" "$4" || exit 1
    [ ! -e "$1" ] || mv -T -- "$1" "$3" || exit 1
    mv -T -- "$2" "$1" && sync "${1%/*}"
    ;;
remove)
    for each in "$@"; do ours "$each" && rm -rf -- "$each"; done
    ;;
esac
