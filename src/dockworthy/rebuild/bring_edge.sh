# shellcheck shell=sh
# Files of another host's edge come to this one's, none over another. $1: the folder where they are, $2: the edge's
# folder; the others: paths below both, files and folders.
umask 077
from=$1
to=$2
shift 2
mkdir -p -- "$to" || exit
for name; do
    if [ ! -e "$from/$name" ] || [ -e "$to/$name" ]; then continue; fi
    case $name in
    */*) mkdir -p -- "$to/${name%/*}" || exit ;;
    esac
    cp -a -- "$from/$name" "$to/$name" || exit
done
sync -f "$to"
