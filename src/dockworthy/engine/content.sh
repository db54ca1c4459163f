# shellcheck shell=sh
# How scripts read a file of the host, to standard output. A pipe or a device never ends, and who reads one outlives
# whoever asked. 44: none is there, 45: no regular file, 46: larger than MOST bytes.
content() { # FILE MOST
    [ -e "$1" ] || [ -h "$1" ] || return 44
    [ -f "$1" ] || return 45
    [ "$(stat -L -c %s -- "$1")" -le "$2" ] || return 46
    head -c "$2" -- "$1"
}
