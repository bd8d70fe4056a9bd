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
    settings ln64
    settings ln128
    settings ln192
    settings ln256
    settings ln320
    settings ln384
    settings ln448
    settings ln512
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

from_port() { # device filter class port
    tc filter replace dev "$1" parent 1: protocol ip prio 1 handle "800::80$2" u32 match ip protocol 6 0xff match ip sport "$4" 0xffff classid "1:$3"
}

[ ! -e /sys/class/net/lan ] || small_packets lan
[ ! -e /sys/class/net/srv ] || small_packets srv

# ln64: line 64 to rt.dong-hoi
if [ -e /sys/class/net/ln64 ]; then
    small_packets ln64
    shape ln64 50000kbit 34278
    class ln64 10 0 1700kbit 1700kbit 4090 69806 # voice
    into ln64 1 10 0xb8
    class ln64 20 1 500kbit 50000kbit 3340 1881056 # control
    into ln64 2 20 0xc0
    into ln64 3 20 0xe0
    class ln64 30 2 1000kbit 50000kbit 3653 1881056 # signalling
    into ln64 4 30 0x60
    class ln64 40 3 15340kbit 15340kbit 12615 581306 # video
    into ln64 5 40 0x88
    class ln64 50 7 31444kbit 50000kbit 22680 1881056 # default
    class ln64 60 7 16kbit 25168kbit 3038 949856 # images
    from_port ln64 6 60 8080
else
    missing="$missing ln64"
fi

# ln128: line 128 to rt.minh-hoa
if [ -e /sys/class/net/ln128 ]; then
    small_packets ln128
    shape ln128 50000kbit 34278
    class ln128 10 0 1700kbit 1700kbit 4090 69806 # voice
    into ln128 1 10 0xb8
    class ln128 20 1 500kbit 50000kbit 3340 1881056 # control
    into ln128 2 20 0xc0
    into ln128 3 20 0xe0
    class ln128 30 2 1000kbit 50000kbit 3653 1881056 # signalling
    into ln128 4 30 0x60
    class ln128 40 3 15340kbit 15340kbit 12615 581306 # video
    into ln128 5 40 0x88
    class ln128 50 7 31444kbit 50000kbit 22680 1881056 # default
    class ln128 60 7 16kbit 25168kbit 3038 949856 # images
    from_port ln128 6 60 8080
else
    missing="$missing ln128"
fi

# ln192: line 192 to rt.tuyen-hoa
if [ -e /sys/class/net/ln192 ]; then
    small_packets ln192
    shape ln192 50000kbit 34278
    class ln192 10 0 2100kbit 2100kbit 4340 84806 # voice
    into ln192 1 10 0xb8
    class ln192 20 1 500kbit 50000kbit 3340 1881056 # control
    into ln192 2 20 0xc0
    into ln192 3 20 0xe0
    class ln192 30 2 1000kbit 50000kbit 3653 1881056 # signalling
    into ln192 4 30 0x60
    class ln192 40 3 18624kbit 18624kbit 14668 704456 # video
    into ln192 5 40 0x88
    class ln192 50 7 27760kbit 50000kbit 20378 1881056 # default
    class ln192 60 7 16kbit 22220kbit 3038 839306 # images
    from_port ln192 6 60 8080
else
    missing="$missing ln192"
fi

# ln256: line 256 to rt.quang-trach
if [ -e /sys/class/net/ln256 ]; then
    small_packets ln256
    shape ln256 50000kbit 34278
    class ln256 10 0 1900kbit 1900kbit 4215 77306 # voice
    into ln256 1 10 0xb8
    class ln256 20 1 500kbit 50000kbit 3340 1881056 # control
    into ln256 2 20 0xc0
    into ln256 3 20 0xe0
    class ln256 30 2 1000kbit 50000kbit 3653 1881056 # signalling
    into ln256 4 30 0x60
    class ln256 40 3 16982kbit 16982kbit 13641 642881 # video
    into ln256 5 40 0x88
    class ln256 50 7 29602kbit 50000kbit 21529 1881056 # default
    class ln256 60 7 16kbit 23694kbit 3038 894581 # images
    from_port ln256 6 60 8080
else
    missing="$missing ln256"
fi

# ln320: line 320 to rt.bo-trach
if [ -e /sys/class/net/ln320 ]; then
    small_packets ln320
    shape ln320 50000kbit 34278
    class ln320 10 0 3100kbit 3100kbit 4965 122306 # voice
    into ln320 1 10 0xb8
    class ln320 20 1 500kbit 50000kbit 3340 1881056 # control
    into ln320 2 20 0xc0
    into ln320 3 20 0xe0
    class ln320 30 2 1000kbit 50000kbit 3653 1881056 # signalling
    into ln320 4 30 0x60
    class ln320 40 3 26834kbit 26834kbit 19799 1012331 # video
    into ln320 5 40 0x88
    class ln320 50 7 18550kbit 50000kbit 14621 1881056 # default
    class ln320 60 7 16kbit 14852kbit 3038 563006 # images
    from_port ln320 6 60 8080
else
    missing="$missing ln320"
fi

# ln384: line 384 to rt.quang-ninh
if [ -e /sys/class/net/ln384 ]; then
    small_packets ln384
    shape ln384 50000kbit 34278
    class ln384 10 0 1600kbit 1600kbit 4028 66056 # voice
    into ln384 1 10 0xb8
    class ln384 20 1 500kbit 50000kbit 3340 1881056 # control
    into ln384 2 20 0xc0
    into ln384 3 20 0xe0
    class ln384 30 2 1000kbit 50000kbit 3653 1881056 # signalling
    into ln384 4 30 0x60
    class ln384 40 3 14519kbit 14519kbit 12102 550518 # video
    into ln384 5 40 0x88
    class ln384 50 7 32365kbit 50000kbit 23256 1881056 # default
    class ln384 60 7 16kbit 25904kbit 3038 977456 # images
    from_port ln384 6 60 8080
else
    missing="$missing ln384"
fi

# ln448: line 448 to rt.le-thuy
if [ -e /sys/class/net/ln448 ]; then
    small_packets ln448
    shape ln448 50000kbit 34278
    class ln448 10 0 2900kbit 2900kbit 4840 114806 # voice
    into ln448 1 10 0xb8
    class ln448 20 1 500kbit 50000kbit 3340 1881056 # control
    into ln448 2 20 0xc0
    into ln448 3 20 0xe0
    class ln448 30 2 1000kbit 50000kbit 3653 1881056 # signalling
    into ln448 4 30 0x60
    class ln448 40 3 25192kbit 25192kbit 18773 950756 # video
    into ln448 5 40 0x88
    class ln448 50 7 20392kbit 50000kbit 15773 1881056 # default
    class ln448 60 7 16kbit 16326kbit 3038 618281 # images
    from_port ln448 6 60 8080
else
    missing="$missing ln448"
fi

# ln512: line 512 to rt.ba-don
if [ -e /sys/class/net/ln512 ]; then
    small_packets ln512
    shape ln512 50000kbit 34278
    class ln512 10 0 1700kbit 1700kbit 4090 69806 # voice
    into ln512 1 10 0xb8
    class ln512 20 1 500kbit 50000kbit 3340 1881056 # control
    into ln512 2 20 0xc0
    into ln512 3 20 0xe0
    class ln512 30 2 1000kbit 50000kbit 3653 1881056 # signalling
    into ln512 4 30 0x60
    class ln512 40 3 15340kbit 15340kbit 12615 581306 # video
    into ln512 5 40 0x88
    class ln512 50 7 31444kbit 50000kbit 22680 1881056 # default
    class ln512 60 7 16kbit 25168kbit 3038 949856 # images
    from_port ln512 6 60 8080
else
    missing="$missing ln512"
fi

[ -z "$missing" ] || { echo "interfaces that are not there:$missing" >&2; exit 1; }
in_kernel >"$loaded"
