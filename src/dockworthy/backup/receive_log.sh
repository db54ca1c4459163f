# shellcheck shell=sh
# Runs in a container of a database's own image: receives its log into /log, for as long as that has room. $1: the
# replication slot. $2 and $3: where the server answers. $4: the account; its password is in the file that PGPASSFILE
# names. $5: kB that must stay free on the disk: below that nothing is received, and the server keeps its log itself, up
# to its max_slot_wal_keep_size.
receiver=''
trap '[ -z "$receiver" ] || kill "$receiver" 2>/dev/null; exit 0' TERM INT
while :; do
    free=$(df -Pk /log 2>/dev/null | { read -r _; read -r _ _ _ free _ && echo "$free"; })
    if [ "${free:-$5}" -lt "$5" ]; then
        echo "only $free kB are free beside the received log: nothing is received" >&2
        [ -z "$receiver" ] || kill "$receiver" 2>/dev/null
        receiver=''
    elif [ -z "$receiver" ] || ! kill -0 "$receiver" 2>/dev/null; then
        pg_receivewal --directory=/log --slot="$1" --synchronous --status-interval=5 --no-password \
            --dbname="host=$2 port=$3 user=$4 application_name=$4" &
        receiver=$!
        echo "$receiver" 2>/dev/null >/tmp/receiver
    fi
    sleep 5 &
    wait $!
done
