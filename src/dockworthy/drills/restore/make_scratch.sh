# shellcheck shell=sh
# Makes an empty folder for a drill and prints its path; removes those of drills that were killed a day ago or earlier.
# $1: the folder in which it is to be.
umask 077
mkdir -p -- "$1" || exit
find "$1/" -maxdepth 1 -type d -name 'drill.??????' -mmin +1440 -exec rm -rf -- {} + 2>/dev/null
mktemp -d "$1/drill.XXXXXX"
