#!/bin/sh
# Managed by the role router: changes made here are drift and are put back.
# Shapes every line to its rate. Everything is replaced in place, so running it again cuts no traffic.
# The classes are those that the register's lines have; both ends of a line have the same ones.
# hntt-qos check: succeeds while the kernel still has what was put into it.
set -eu

loaded=/run/hntt-qos.loaded
missing=""

settings() { # device
    echo "$1"
    # The one counter that tc shows among the settings.
    tc qdisc show dev "$1" | sed 's/ direct_packets_stat [^ ]*//'
    tc class show dev "$1"
    tc filter show dev "$1"
}

in_kernel() {
    settings wan
}

if [ "${1:-}" = check ]; then
    [ "$(in_kernel)" = "$(cat "$loaded")" ]
    exit
fi

# Segmentation offload hands over 64 kB at once: on a line of a few Mbit/s that is an eighth of a second of silence.
small_packets() {
    ethtool -K "$1" tso off gso off gro off 2>/dev/null || :
}

shape() { # device rate burst
    tc qdisc show dev "$1" root | grep -q '^qdisc htb 1: ' || tc qdisc replace dev "$1" root handle 1: htb default 50
    tc class replace dev "$1" parent 1: classid 1:1 htb rate "$2" ceil "$2" burst "$3" cburst "$3" quantum 1514
}

class() { # device id priority rate ceiling burst queue_bytes
    tc class replace dev "$1" parent 1:1 classid "1:$2" htb rate "$4" ceil "$5" prio "$3" burst "$6" cburst "$6" quantum 1514
    if [ "$2" -ge 50 ]; then
        # Many flows share the rest: fair where the kernel can be.
        tc qdisc replace dev "$1" parent "1:$2" handle "$2:" fq_codel 2>/dev/null && return
    fi
    tc qdisc replace dev "$1" parent "1:$2" handle "$2:" bfifo limit "$7"
}

into() { # device filter class dsfield
    tc filter replace dev "$1" parent 1: protocol ip prio 1 handle "800::80$2" u32 match ip dsfield "$4" 0xfc classid "1:$3"
}

[ ! -e /sys/class/net/lan ] || small_packets lan

# wan: line 395 to rt.quang-ninh
if [ -e /sys/class/net/wan ]; then
    small_packets wan
    shape wan 4000kbit 5528
    class wan 10 0 100kbit 100kbit 3090 9806 # voice
    into wan 1 10 0xb8
    class wan 20 1 40kbit 4000kbit 3053 156056 # control
    into wan 2 20 0xc0
    into wan 3 20 0xe0
    class wan 30 2 80kbit 4000kbit 3078 156056 # signalling
    into wan 4 30 0x60
    class wan 40 3 821kbit 821kbit 3541 36843 # video
    into wan 5 40 0x88
    class wan 50 7 2959kbit 4000kbit 4877 156056 # default
else
    missing="$missing wan"
fi

[ -z "$missing" ] || { echo "interfaces that are not there:$missing" >&2; exit 1; }
in_kernel >"$loaded"
