#!/bin/bash
# Does the edge of this host answer? Whatever it answers: an application that is down moves no address.
exec 3<>/dev/tcp/127.0.0.1/@port@ || exit 1
printf 'GET / HTTP/1.0\r\nHost: nobody.invalid\r\n\r\n' >&3
read -rt 1 line <&3 && [[ $line == HTTP/1.* ]]
