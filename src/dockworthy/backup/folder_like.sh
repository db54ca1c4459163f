# shellcheck shell=sh
# Makes the data folder $3 of a server like $2, which it replaces. $1: `owner`: its owner and mode; `kept`: what the server
# of MySQL keeps in its folder besides databases: keys and certificates by which others know it, and settings that it
# remembers.
case $1 in
owner)
    # Who may write beside the folder could put a link in its place: this very folder is meant.
    cd -P -- "$3" || exit
    if [ "$(pwd -P)" != "$3" ]; then
        echo "a link leads to $3" >&2
        exit 1
    fi
    chown --reference="$2" -- . && chmod --reference="$2" -- .
    ;;
kept)
    for file in "$2"/*.pem "$2"/mysqld-auto.cnf; do
        if [ -f "$file" ] && [ ! -h "$file" ]; then cp -pP -- "$file" "$3/" || exit 1; fi
    done
    ;;
esac
