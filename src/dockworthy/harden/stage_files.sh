# shellcheck shell=sh
# Prints the files that a stage wrote: `same` or `other` (than what it wrote), the number, the path. $1: its folder.
cd "$1" || exit 0
sed -n 's/^put \([0-9]*\) \(.*\) [^ ]* [^ ]*$/\1 \2/p' do.sh | while read -r number path; do
    eval "path=$path" # as it is quoted in do.sh
    if cmp -s "new/$number" "$(readlink -f "$path")"; then
        echo "same $number $path"
    else
        echo "other $number $path"
    fi
done
