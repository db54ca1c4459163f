#!/bin/sh
# Written by dockworthy guard install.
exec @start@ "$@"
