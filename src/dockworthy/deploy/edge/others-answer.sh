#!/bin/bash
# Does anybody answer in the network of the address: another host of the edge, another node of the swarm, the gateway?
# A port that refuses is an answer. A host that was cut off hears nobody, and leaves the address to whoever took it.
others=(@others@)
while read -r name to by _; do
    if [[ $name == @interface@ && $to == 00000000 && $by != 00000000 ]]; then
        printf -v by '%d.%d.%d.%d' "0x${by:6:2}" "0x${by:4:2}" "0x${by:2:2}" "0x${by:0:2}"
        others+=("$by/53")
    fi
done </proc/net/route
exec 4<> <(:)
begun=()
for other in "${others[@]}"; do
    (: 3<>"/dev/tcp/$other" && echo answered) >&4 2>&1 &
    begun+=("$!")
done
status=1
while read -rt 0.7 -u 4 line; do
    if [[ $line == answered || $line == *refused* ]]; then
        status=0
        break
    fi
done
[ ${#begun[@]} = 0 ] || kill "${begun[@]}" 2>/dev/null
exit $status
