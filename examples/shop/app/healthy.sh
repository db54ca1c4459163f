#!/bin/bash
# What the health check of a container runs: `web` asks its own /healthz, `worker` looks for a sign of life of the last
# ten seconds. In a shell, for a Python that starts every half second would take the time that a starting server needs.
case $1 in
web)
    exec 3<>/dev/tcp/127.0.0.1/8000 && printf 'GET /healthz HTTP/1.0\r\n\r\n' >&3 && read -r answer <&3
    [[ $answer == *' 200 '* ]]
    ;;
worker) [[ -n $(find /tmp/alive -newermt '10 seconds ago') ]] ;;
esac
