#!/bin/sh
# Makes the cluster where there is none, sets the shop's password to what the secret says, and becomes the server.
set -eu
data=/var/lib/postgresql/data
programs=$(echo /usr/lib/postgresql/*/bin)

if [ ! -e $data/cluster ]; then # killed in the middle, it is begun anew: half a cluster never has the name
    rm -rf $data/half
    "$programs/initdb" --pgdata=$data/half --username=postgres --auth=peer --encoding=UTF8 --locale=C.UTF-8 >/dev/null
    printf '%s\n' 'CREATE ROLE shop LOGIN' 'CREATE DATABASE shop OWNER shop' |
        "$programs/postgres" --single -D $data/half postgres >/dev/null
    mv $data/half $data/cluster
fi

# Through standard input: the arguments of a process are for all to see. So is its log: that says nothing of it.
printf "ALTER ROLE shop PASSWORD '%s'\n" "$(cat /run/secrets/database-password)" |
    "$programs/postgres" --single -D $data/cluster -c log_min_error_statement=panic postgres >/dev/null

# No JIT: its compiler is three times the size of all the rest, and was left out of the image.
exec "$programs/postgres" -D $data/cluster -c hba_file=/etc/shop/pg_hba.conf -c listen_addresses='*' \
    -c unix_socket_directories=/run/postgresql -c jit=off -c max_connections=60
