# shellcheck shell=sh
# Prints the records of releases, one a line: the number and the text in base64, nothing for one that can't be read.
# Sent after content.sh. $1: their folder, $2: the most bytes of one.
cd "$1" 2>/dev/null || exit 0
for file in [0-9]*.json; do
    case ${file%.json} in *[!0-9]*) continue ;; esac
    text=$(content "$file" "$2" 2>/dev/null | base64 | tr -d '\n')
    if [ -e "$file" ] || [ -h "$file" ]; then printf '%s %s\n' "${file%.json}" "$text"; fi
done
exit 0
