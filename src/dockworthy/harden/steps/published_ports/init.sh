#!/bin/sh
# Written by dockworthy harden.
### BEGIN INIT INFO
# Provides:          @name@
# Required-Start:    $local_fs $network
# Required-Stop:
# Should-Start:      ufw nftables netfilter-persistent
# X-Start-Before:    docker
# Default-Start:     2 3 4 5
# Default-Stop:
# Short-Description: Rules for published ports
### END INIT INFO
exec @script@ "${1:-status}"
