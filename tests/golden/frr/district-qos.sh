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
    settings ln385
    settings ln386
    settings ln387
    settings ln388
    settings ln389
    settings ln390
    settings ln391
    settings ln392
    settings ln393
    settings ln394
    settings ln395
    settings ln396
    settings ln397
    settings ln398
    settings ln399
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

# wan: line 384 to rt.tinh
if [ -e /sys/class/net/wan ]; then
    small_packets wan
    shape wan 50000kbit 34278
    class wan 10 0 1600kbit 1600kbit 4028 66056 # voice
    into wan 1 10 0xb8
    class wan 20 1 500kbit 50000kbit 3340 1881056 # control
    into wan 2 20 0xc0
    into wan 3 20 0xe0
    class wan 30 2 1000kbit 50000kbit 3653 1881056 # signalling
    into wan 4 30 0x60
    class wan 40 3 14519kbit 14519kbit 12102 550518 # video
    into wan 5 40 0x88
    class wan 50 7 32381kbit 50000kbit 23266 1881056 # default
else
    missing="$missing wan"
fi

# ln385: line 385 to rt.quan-hau.quang-ninh
if [ -e /sys/class/net/ln385 ]; then
    small_packets ln385
    shape ln385 4000kbit 5528
    class ln385 10 0 100kbit 100kbit 3090 9806 # voice
    into ln385 1 10 0xb8
    class ln385 20 1 40kbit 4000kbit 3053 156056 # control
    into ln385 2 20 0xc0
    into ln385 3 20 0xe0
    class ln385 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln385 4 30 0x60
    class ln385 40 3 821kbit 821kbit 3541 36843 # video
    into ln385 5 40 0x88
    class ln385 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln385 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln385 6 60 8080
else
    missing="$missing ln385"
fi

# ln386: line 386 to rt.truong-son.quang-ninh
if [ -e /sys/class/net/ln386 ]; then
    small_packets ln386
    shape ln386 4000kbit 5528
    class ln386 10 0 100kbit 100kbit 3090 9806 # voice
    into ln386 1 10 0xb8
    class ln386 20 1 40kbit 4000kbit 3053 156056 # control
    into ln386 2 20 0xc0
    into ln386 3 20 0xe0
    class ln386 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln386 4 30 0x60
    class ln386 40 3 821kbit 821kbit 3541 36843 # video
    into ln386 5 40 0x88
    class ln386 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln386 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln386 6 60 8080
else
    missing="$missing ln386"
fi

# ln387: line 387 to rt.luong-ninh.quang-ninh
if [ -e /sys/class/net/ln387 ]; then
    small_packets ln387
    shape ln387 4000kbit 5528
    class ln387 10 0 100kbit 100kbit 3090 9806 # voice
    into ln387 1 10 0xb8
    class ln387 20 1 40kbit 4000kbit 3053 156056 # control
    into ln387 2 20 0xc0
    into ln387 3 20 0xe0
    class ln387 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln387 4 30 0x60
    class ln387 40 3 821kbit 821kbit 3541 36843 # video
    into ln387 5 40 0x88
    class ln387 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln387 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln387 6 60 8080
else
    missing="$missing ln387"
fi

# ln388: line 388 to rt.vinh-ninh.quang-ninh
if [ -e /sys/class/net/ln388 ]; then
    small_packets ln388
    shape ln388 4000kbit 5528
    class ln388 10 0 100kbit 100kbit 3090 9806 # voice
    into ln388 1 10 0xb8
    class ln388 20 1 40kbit 4000kbit 3053 156056 # control
    into ln388 2 20 0xc0
    into ln388 3 20 0xe0
    class ln388 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln388 4 30 0x60
    class ln388 40 3 821kbit 821kbit 3541 36843 # video
    into ln388 5 40 0x88
    class ln388 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln388 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln388 6 60 8080
else
    missing="$missing ln388"
fi

# ln389: line 389 to rt.vo-ninh.quang-ninh
if [ -e /sys/class/net/ln389 ]; then
    small_packets ln389
    shape ln389 4000kbit 5528
    class ln389 10 0 100kbit 100kbit 3090 9806 # voice
    into ln389 1 10 0xb8
    class ln389 20 1 40kbit 4000kbit 3053 156056 # control
    into ln389 2 20 0xc0
    into ln389 3 20 0xe0
    class ln389 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln389 4 30 0x60
    class ln389 40 3 821kbit 821kbit 3541 36843 # video
    into ln389 5 40 0x88
    class ln389 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln389 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln389 6 60 8080
else
    missing="$missing ln389"
fi

# ln390: line 390 to rt.hai-ninh.quang-ninh
if [ -e /sys/class/net/ln390 ]; then
    small_packets ln390
    shape ln390 4000kbit 5528
    class ln390 10 0 100kbit 100kbit 3090 9806 # voice
    into ln390 1 10 0xb8
    class ln390 20 1 40kbit 4000kbit 3053 156056 # control
    into ln390 2 20 0xc0
    into ln390 3 20 0xe0
    class ln390 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln390 4 30 0x60
    class ln390 40 3 821kbit 821kbit 3541 36843 # video
    into ln390 5 40 0x88
    class ln390 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln390 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln390 6 60 8080
else
    missing="$missing ln390"
fi

# ln391: line 391 to rt.ham-ninh.quang-ninh
if [ -e /sys/class/net/ln391 ]; then
    small_packets ln391
    shape ln391 4000kbit 5528
    class ln391 10 0 100kbit 100kbit 3090 9806 # voice
    into ln391 1 10 0xb8
    class ln391 20 1 40kbit 4000kbit 3053 156056 # control
    into ln391 2 20 0xc0
    into ln391 3 20 0xe0
    class ln391 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln391 4 30 0x60
    class ln391 40 3 821kbit 821kbit 3541 36843 # video
    into ln391 5 40 0x88
    class ln391 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln391 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln391 6 60 8080
else
    missing="$missing ln391"
fi

# ln392: line 392 to rt.duy-ninh.quang-ninh
if [ -e /sys/class/net/ln392 ]; then
    small_packets ln392
    shape ln392 4000kbit 5528
    class ln392 10 0 100kbit 100kbit 3090 9806 # voice
    into ln392 1 10 0xb8
    class ln392 20 1 40kbit 4000kbit 3053 156056 # control
    into ln392 2 20 0xc0
    into ln392 3 20 0xe0
    class ln392 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln392 4 30 0x60
    class ln392 40 3 821kbit 821kbit 3541 36843 # video
    into ln392 5 40 0x88
    class ln392 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln392 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln392 6 60 8080
else
    missing="$missing ln392"
fi

# ln393: line 393 to rt.gia-ninh.quang-ninh
if [ -e /sys/class/net/ln393 ]; then
    small_packets ln393
    shape ln393 4000kbit 5528
    class ln393 10 0 100kbit 100kbit 3090 9806 # voice
    into ln393 1 10 0xb8
    class ln393 20 1 40kbit 4000kbit 3053 156056 # control
    into ln393 2 20 0xc0
    into ln393 3 20 0xe0
    class ln393 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln393 4 30 0x60
    class ln393 40 3 821kbit 821kbit 3541 36843 # video
    into ln393 5 40 0x88
    class ln393 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln393 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln393 6 60 8080
else
    missing="$missing ln393"
fi

# ln394: line 394 to rt.truong-xuan.quang-ninh
if [ -e /sys/class/net/ln394 ]; then
    small_packets ln394
    shape ln394 4000kbit 5528
    class ln394 10 0 100kbit 100kbit 3090 9806 # voice
    into ln394 1 10 0xb8
    class ln394 20 1 40kbit 4000kbit 3053 156056 # control
    into ln394 2 20 0xc0
    into ln394 3 20 0xe0
    class ln394 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln394 4 30 0x60
    class ln394 40 3 821kbit 821kbit 3541 36843 # video
    into ln394 5 40 0x88
    class ln394 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln394 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln394 6 60 8080
else
    missing="$missing ln394"
fi

# ln395: line 395 to rt.hien-ninh.quang-ninh
if [ -e /sys/class/net/ln395 ]; then
    small_packets ln395
    shape ln395 4000kbit 5528
    class ln395 10 0 100kbit 100kbit 3090 9806 # voice
    into ln395 1 10 0xb8
    class ln395 20 1 40kbit 4000kbit 3053 156056 # control
    into ln395 2 20 0xc0
    into ln395 3 20 0xe0
    class ln395 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln395 4 30 0x60
    class ln395 40 3 821kbit 821kbit 3541 36843 # video
    into ln395 5 40 0x88
    class ln395 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln395 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln395 6 60 8080
else
    missing="$missing ln395"
fi

# ln396: line 396 to rt.tan-ninh.quang-ninh
if [ -e /sys/class/net/ln396 ]; then
    small_packets ln396
    shape ln396 4000kbit 5528
    class ln396 10 0 100kbit 100kbit 3090 9806 # voice
    into ln396 1 10 0xb8
    class ln396 20 1 40kbit 4000kbit 3053 156056 # control
    into ln396 2 20 0xc0
    into ln396 3 20 0xe0
    class ln396 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln396 4 30 0x60
    class ln396 40 3 821kbit 821kbit 3541 36843 # video
    into ln396 5 40 0x88
    class ln396 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln396 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln396 6 60 8080
else
    missing="$missing ln396"
fi

# ln397: line 397 to rt.xuan-ninh.quang-ninh
if [ -e /sys/class/net/ln397 ]; then
    small_packets ln397
    shape ln397 4000kbit 5528
    class ln397 10 0 100kbit 100kbit 3090 9806 # voice
    into ln397 1 10 0xb8
    class ln397 20 1 40kbit 4000kbit 3053 156056 # control
    into ln397 2 20 0xc0
    into ln397 3 20 0xe0
    class ln397 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln397 4 30 0x60
    class ln397 40 3 821kbit 821kbit 3541 36843 # video
    into ln397 5 40 0x88
    class ln397 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln397 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln397 6 60 8080
else
    missing="$missing ln397"
fi

# ln398: line 398 to rt.an-ninh.quang-ninh
if [ -e /sys/class/net/ln398 ]; then
    small_packets ln398
    shape ln398 4000kbit 5528
    class ln398 10 0 100kbit 100kbit 3090 9806 # voice
    into ln398 1 10 0xb8
    class ln398 20 1 40kbit 4000kbit 3053 156056 # control
    into ln398 2 20 0xc0
    into ln398 3 20 0xe0
    class ln398 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln398 4 30 0x60
    class ln398 40 3 821kbit 821kbit 3541 36843 # video
    into ln398 5 40 0x88
    class ln398 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln398 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln398 6 60 8080
else
    missing="$missing ln398"
fi

# ln399: line 399 to rt.van-ninh.quang-ninh
if [ -e /sys/class/net/ln399 ]; then
    small_packets ln399
    shape ln399 4000kbit 5528
    class ln399 10 0 100kbit 100kbit 3090 9806 # voice
    into ln399 1 10 0xb8
    class ln399 20 1 40kbit 4000kbit 3053 156056 # control
    into ln399 2 20 0xc0
    into ln399 3 20 0xe0
    class ln399 30 2 80kbit 4000kbit 3078 156056 # signalling
    into ln399 4 30 0x60
    class ln399 40 3 821kbit 821kbit 3541 36843 # video
    into ln399 5 40 0x88
    class ln399 50 7 2943kbit 4000kbit 4867 156056 # default
    class ln399 60 7 16kbit 2367kbit 3038 94818 # images
    from_port ln399 6 60 8080
else
    missing="$missing ln399"
fi

[ -z "$missing" ] || { echo "interfaces that are not there:$missing" >&2; exit 1; }
in_kernel >"$loaded"
