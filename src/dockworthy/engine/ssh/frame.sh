# shellcheck shell=sh
# What every shell on a host is begun with. $M: the mark by which we find the end of an answer.
LC_ALL=C; export LC_ALL; unset CDPATH ENV BASH_ENV GREP_OPTIONS
exec 3>&1
# Ends the answer. What was written to descriptor 3 before is its content.
r() { # ID STATUS WORDS
    printf '\n%s %s %s %s\n' "$M" "$1" "$2" "$3" >&3
}
