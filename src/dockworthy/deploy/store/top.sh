# shellcheck shell=sh
# Leaves in $top the highest epoch that there ever was; 0 where there was none.
top() { # FOLDER
    top=0
    for file in "$1"/lock.*; do
        case ${file##*/lock.} in '' | *[!0-9]*) continue ;; esac
        [ "${file##*/lock.}" -le "$top" ] || top=${file##*/lock.}
    done
}
