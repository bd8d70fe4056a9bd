#!/bin/bash
# browser.sh FOLDER ARGUMENT…: Chromium that sees FOLDER's policies and names of hosts, in mounts of its own, and talks
# over FOLDER's two pipes. The caller has entered the network and made the mount namespace.
set -eu
folder=$1
shift
mount --bind "$folder/chromium" /etc/chromium
for file in hosts resolv.conf; do
    [ ! -e "$folder/$file" ] || mount --bind "$folder/$file" "/etc/$file"
done
export HOME="$folder" XDG_CONFIG_HOME="$folder/config" XDG_CACHE_HOME="$folder/cache"
# 3 and 4 are what --remote-debugging-pipe reads from and writes to.
exec chromium "$@" 3<&"$HNTT_FROM_US" 4>&"$HNTT_TO_US"
