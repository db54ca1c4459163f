# shellcheck shell=sh
# Keeps certificates that will be replaced beside as FILE.before, or puts those back.
# $1: the edge's folder, $2: keep or put_back; the others: files.
cd "$1" || exit 1
deed=$2
shift 2
for file in "$@"; do
    if [ "$deed" = keep ]; then
        from=$file to=$file.before
    else
        from=$file.before to=$file
    fi
    [ -e "$from" ] || continue
    [ -f "$from" ] && cp -p -- "$from" "$file.half" && sync "$file.half" && mv -f "$file.half" "$to" || exit 1
done
