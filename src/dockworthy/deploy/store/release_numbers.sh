# shellcheck shell=sh
# Prints the last number that a release was given, and those of all that are kept. Sent after content.sh.
# $1: the folder of the releases.
content "$1/last" 100 2>/dev/null
# shellcheck disable=SC2012 # names that are no numbers are left out
ls "$1" 2>/dev/null | sed -n 's/^\([0-9]*\)\.json$/\1/p'
exit 0
