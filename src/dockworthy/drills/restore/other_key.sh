# shellcheck shell=sh
# Makes a key $1 that opens nothing, and beside it the credentials that the real one has, in $2 where there are some.
umask 077
head -c 32 /dev/urandom | base64 >"$1" && { [ ! -f "$2" ] || cp -- "$2" "$1.env"; }
