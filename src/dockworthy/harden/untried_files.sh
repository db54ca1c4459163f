# shellcheck shell=sh
# Prints, one a line, the engine's files that somebody else than harden changed since its start. By their birth, too:
# rsync and the like give a file an older time than that of its coming. A change of mode is none.
# $1: the engine's pid file, $2: harden's journal, $3: who starts the engine, $4: its daemon.json, $5: its unit.
pid_file=$1 journal=$2 manager=$3 settings=$4 unit=$5
[ -e "$pid_file" ] || exit 0
born() { stat -L -c %.9W "$1" | tr -d .; }
own_files() {
    printf '%s\n' "$settings"
    case $manager in
    systemd)
        echo /etc/default/docker
        systemctl show -p FragmentPath -p DropInPaths --value "$unit" | tr ' ' '\n' | grep ^/
        ;;
    'init script') printf '%s\n' /etc/default/docker /etc/init.d/docker ;;
    esac
}
# shellcheck disable=SC3013 # dash and busybox know -nt
own_files | while read -r file; do
    [ "$file" -nt "$pid_file" ] ||
        [ "$(born "$file")" -gt "$(stat -L -c %.9Y "$pid_file" | tr -d .)" ] 2>/dev/null || continue
    for kept in "$journal"/2*/*/new/* "$journal"/2*/*/old/*; do ! cmp -s "$kept" "$file" || continue 2; done
    echo "$file"
done
