# shellcheck shell=sh
# Runs in the container of a MariaDB or MySQL: its own program for $2 (`client`, `dump`) with the arguments that follow, or,
# for `offers`, tells whether its dump program knows the option $3.
# $1: the account. `root`, `tcp`: root by the socket or over 127.0.0.1, with the password that the container was given, if
# any; `own`: that of the user as whom this runs, with what its ~/.my.cnf says; another word is the path of an option file.
# A password goes through a file that has no name any more, so that neither a list of processes nor the environment of one
# shows it. The dump begins when it is told to: `ready` is printed before, and a line is read.
account=$1 what=$2
shift 2
found=''
case $what in client) names='mariadb mysql' ;; *) names='mariadb-dump mysqldump' ;; esac
for name in $names; do
    if command -v "$name" >/dev/null 2>&1; then found=$name && break; fi
done
[ -n "$found" ] || { echo "neither of ${names% *} and ${names#* } is in this container" >&2; exit 127; }
password=${MARIADB_ROOT_PASSWORD-}
for file in "${MARIADB_ROOT_PASSWORD_FILE-}" "${MYSQL_ROOT_PASSWORD_FILE-}"; do
    if [ -z "$password" ] && [ -n "$file" ] && [ -r "$file" ]; then password=$(cat "$file"); fi
done
[ -n "$password" ] || password=${MYSQL_ROOT_PASSWORD-}
unset MARIADB_ROOT_PASSWORD MYSQL_ROOT_PASSWORD MARIADB_PASSWORD MYSQL_PASSWORD MYSQL_PWD
if [ "$what" = offers ]; then "$found" --no-defaults --help 2>/dev/null | grep -q -- "$1"; exit; fi
case $account in
own) set -- "$found" "$@" ;;
root | tcp)
    [ "$account" = root ] || set -- --protocol=tcp --host=127.0.0.1 "$@"
    set -- --user=root "$@"
    if [ -n "$password" ]; then
        umask 077
        option=$(mktemp /dev/shm/dockworthy.XXXXXX) || { echo "no file can be made in /dev/shm" >&2; exit 1; }
        printf '[client]\npassword="%s"\n' "$(printf %s "$password" | sed 's/[\\"]/\\&/g')" >"$option"
        exec 9<"$option"
        rm -f "$option"
        set -- --defaults-extra-file=/proc/self/fd/9 "$@"
    fi
    set -- "$found" "$@"
    ;;
*) set -- "$found" "--defaults-extra-file=$account" "$@" ;;
esac
if [ "$what" = dump ]; then
    echo ready
    read -r _ || exit 1
fi
exec "$@"
