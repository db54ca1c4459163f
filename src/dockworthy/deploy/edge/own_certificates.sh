# shellcheck shell=sh
# Prints those files of a project's certificates that are there, also in settings of the edge, one a line.
# $1: the edge's folder, $2: the project; the others: files.
cd "$1" 2>/dev/null || exit 0
project=$2
shift 2
for file in "$@" settings/*/certs/"$project".pem settings/*/certs/"$project".*.pem; do
    if [ -e "$file" ] || [ -h "$file" ]; then printf '%s\n' "$file"; fi
done
exit 0
