#!/bin/sh
# demo [--simulated]: the centre and district Quảng Ninh with its communes' PCs from nothing to audited, changes by hand
# found and repaired, and the three kinds of meeting held.
# The lab stays up afterwards; ./run lab-down removes it. Logs: build/reports/demo-*.log.
set -eu
root=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
# shellcheck source=scripts/lib.sh
. "$root/scripts/lib.sh"
# shellcheck source=scripts/stages.sh
. "$root/scripts/stages.sh"
cd "$root"
export PATH="$venv/bin:$PATH"

district=quang-ninh
router=rt.hien-ninh.$district
inventory=inventories/lab
# A route nobody declared, into a prefix reserved for documentation: harmless, and plainly somebody's handiwork.
drift_mark=192.0.2.0
# What the PCs' browser may show: the first thing to be tried by somebody in the room.
pc_mark=/etc/chromium/policies/managed/hntt.json
communes=15
steps=0
held=''
noted=0
lines=$root/build/reports/demo.txt

usage() {
    tr_ 'cách dùng: ./run demo [--simulated | --pcs N]
  --simulated   thiết bị mô phỏng trên loopback, dù máy này dựng được phòng lab thật
  --pcs N       N máy xã, all hoặc none; mặc định tùy sức máy này (4 máy xã mỗi lõi CPU)' \
        "usage: ./run demo [--simulated | --pcs N]
  --simulated   simulated devices on loopback, although this machine can run the real lab
  --pcs N       N communes' PCs, all or none; by default as many as this machine carries (4 to a core)"
    echo
}
pcs_asked=auto

case ${1:-} in
'') ;;
--simulated) export HNTT_LAB=no ;;
--pcs) pcs_asked=${2:-} ;;
-h | --help) usage && exit 0 ;;
*) usage >&2 && exit 2 ;;
esac

# --- measuring -------------------------------------------------------------------------------------------------

# images_now: the lab's images, an id a line.
images_now() {
    if command -v podman >/dev/null; then podman images -q --no-trunc --filter 'reference=localhost/hntt-*' 2>/dev/null | sort -u; fi
}

# disk_written: kB that this demo wrote: the images that were not there before, the lab's records, the demo's logs. Not
# how much fuller the disk is, since others write and delete on it too; the devices' own disks are in memory.
disk_written() {
    {
        images_now | grep -vxF "$images_before" | while read -r id; do
            podman image inspect --format '{{.Size}}' "$id" | sed 's/...$//'
        done
        du -sk "$root/.lab" "$root"/build/reports/demo* 2>/dev/null | cut -f1
    } | awk '{ sum += $1 } END { print sum + 0 }'
}

# watch_memory: keeps the lowest available memory in build/demo-memory until it is killed.
watch_memory() {
    lowest=$memory_before
    while sleep 2 >/dev/null 2>&1; do
        now=$(memory_available)
        if [ "$now" -lt "$lowest" ]; then lowest=$now && echo "$lowest" >"$root/build/demo-memory"; fi
    done
}

megabytes() { echo $((($1 + 1023) / 1024)); }

# --- steps -----------------------------------------------------------------------------------------------------

# attempt VI EN LIMIT_SECONDS COMMAND…: one step; its closing lines are shown, its status is left in $status.
attempt() {
    steps=$((steps + 1))
    vi=$1 en=$2 limit=$3
    shift 3
    say "$steps. $vi" "$steps. $en"
    run_logged "demo-$steps" "$limit" "$@"
    [ -n "${HNTT_VERBOSE:-}" ] || tail -n 12 "$log" | sed 's/^/         | /'
}

# note VI EN: a line of the closing summary.
note() {
    noted=$((noted + 1))
    printf "%2d. %s\n" "$noted" "$(tr_ "$1" "$2")" >>"$lines"
}

# must …: like attempt, and has to succeed.
must() {
    attempt "$@"
    if [ "$status" -ne 0 ]; then stop_here "$status"; fi
}

# step …: like must, with a line of the closing summary.
step() {
    must "$@"
    note "$vi: xong ($seconds giây)" "$en: done ($seconds s)"
}

# stop_here STATUS: what failed, where to look, how to clean up.
stop_here() {
    tail -n 40 "$log" >&2
    die "bước $steps hỏng (mã $1): $vi. Nhật ký: build/reports/demo-$steps.log. Phòng lab còn nguyên để xem; ./run lab-down để dỡ." \
        "step $steps failed (status $1): $en. Log: build/reports/demo-$steps.log. The lab is still there to look at; ./run lab-down removes it."
}

audit="ansible-playbook -i $inventory playbooks/audit.yml -e fail_on_drift=true"

build_lab() {
    step "Dựng ${kind_vi}: trung tâm và huyện Quảng Ninh, nạp cấu hình ban đầu (day-0)" \
        "Building ${kind_en}: the centre and district Quảng Ninh, with day-0 configuration" 1800 \
        hntt lab up --pcs "$pcs_asked" ${simulated:+"$simulated"}
    # Which PCs there are: as many as this machine carries, and none where they would have to be simulated.
    pcs=$(grep -c '^pc\.' "$root/.lab/known_hosts" || true)
    pc=$(sed -n 's/^\(pc\.[^,]*\),.*/\1/p' "$root/.lab/known_hosts" | head -n 1)
    if [ "$pcs" -lt "$communes" ]; then
        note "Máy xã có trong phòng lab: $pcs trên $communes; các máy còn lại không được thử" \
            "Communes' PCs in the lab: $pcs of $communes; the others are not shown"
    fi
}

configure() {
    step "Cấu hình trung tâm, huyện, một xã thử trước, các xã còn lại, rồi $pcs máy xã" \
        "Configuring the centre, the district, one canary commune, the rest, then $pcs communes' PCs" 1800 \
        ansible-playbook -i "$inventory" playbooks/rollout.yml -e "district=$district"
    # Simulated devices have none of that: the playbook runs, and the closing lines must not call it done.
    if [ -n "$simulated" ]; then
        must 'Nghiệm thu' 'Acceptance' 600 ansible-playbook -i "$inventory" playbooks/verify.yml
        note 'Nghiệm thu: không đo được trên thiết bị mô phỏng' 'Acceptance: nothing to measure on simulated devices'
        return
    fi
    step 'Nghiệm thu: thông tuyến, đường đi, đồng hồ, tên miền, máy xã' \
        "Acceptance: reachability, routes, clocks, names, communes' PCs" 600 \
        ansible-playbook -i "$inventory" playbooks/verify.yml
}

show_path() {
    [ -z "$simulated" ] || return 0
    # The lab pins each host's key by name and management address.
    server=$(sed -n 's/^noc\.tinh,\([^ ]*\) .*/\1/p' "$root/.lab/known_hosts")
    # By ICMP, since segmentation refuses traceroute's own UDP ports; its exit status says nothing about arriving.
    attempt "Đường đi từ $router đến máy chủ trung tâm" "The path from $router to the centre's server" 60 \
        hntt lab exec "$router" -- traceroute -I -n -w 2 -q 1 -m 8 "$server"
    if [ "$status" -ne 0 ] || ! tail -n 1 "$log" | grep -qF " $server "; then stop_here "$status"; fi
    note "$vi: $(tail -n +2 "$log" | grep -c .) chặng" "$en: $(tail -n +2 "$log" | grep -c .) hops"
}

audit_is_clean() {
    # The words of $audit hold no blanks.
    # shellcheck disable=SC2086
    step 'Đối chiếu toàn bộ: không sai lệch' 'Audit of everything: no drift' 300 $audit
}

inject_drift() {
    if [ -n "$simulated" ]; then
        set -- 'configure terminal' "ip route $drift_mark 255.255.255.0 Null0" end
    else
        set -- vtysh -c 'configure terminal' -c "ip route $drift_mark/24 Null0"
    fi
    must "Sửa tay một bộ định tuyến: thêm tuyến $drift_mark/24 trên $router" \
        "A change by hand on a router: a route to $drift_mark/24 on $router" 60 hntt lab exec "$router" -- "$@"
    [ -n "$pc" ] || return 0
    must "Sửa tay một máy xã: cho trình duyệt của $pc mở mọi trang" \
        "A change by hand on a commune's PC: the browser of $pc may open any page" 60 \
        hntt lab exec "$pc" -- sed -i 's/"\*"/"nobody.example"/' "$pc_mark"
}

# The audit must fail because of our drift, not because of anything else.
audit_finds_it() {
    # shellcheck disable=SC2086
    attempt 'Đối chiếu lại: phải tìm ra sai lệch' 'Audit again: it must find the drift' 300 $audit
    if [ "$status" -eq 0 ] || ! grep -qF "$router" "$log" || ! grep -qF "$drift_mark" "$log"; then
        stop_here "$status"
    fi
    if [ -n "$pc" ] && { ! grep -qF "$pc" "$log" || ! grep -qF "$pc_mark" "$log"; }; then stop_here "$status"; fi
    also=${pc:+", $pc ($pc_mark)"}
    note "Sửa tay trên $router (tuyến $drift_mark)$also: đối chiếu tìm ra, thoát với mã $status ($seconds giây)" \
        "A change by hand on $router (route $drift_mark)$also: the audit found it, exit status $status ($seconds s)"
}

repair() {
    must 'Sửa về đúng ý định (site.yml)' 'Repairing to what is intended (site.yml)' 600 \
        ansible-playbook -i "$inventory" playbooks/site.yml
    # shellcheck disable=SC2086
    must 'Đối chiếu toàn bộ: không sai lệch' 'Audit of everything: no drift' 300 $audit
    note 'Sửa về đúng ý định (site.yml), đối chiếu lại: không sai lệch' \
        'Repaired to what is intended (site.yml), audited again: no drift'
}

# hold KIND VI EN OPTION…: a meeting as an operator and its members have it: opened, held, closed.
hold() {
    kind=$1 kind_vi_name=$2 kind_en_name=$3
    shift 3
    must "Mở phòng: họp $kind_vi_name" "Opening the rooms: $kind_en_name" 300 \
        ansible-playbook -i "$inventory" playbooks/meeting.yml -e "kind=$kind" "$@"
    must "Họp $kind_vi_name" "The meeting: $kind_en_name" 600 \
        hntt lab meet "$kind" --screenshot "build/reports/demo-$kind.png"
    held="${held:+$held, }$(tr_ "$kind_vi_name" "$kind_en_name") $(grep -c '^✓' "$log" || true)"
    must "Đóng phòng: họp $kind_vi_name" "Closing the rooms: $kind_en_name" 300 \
        ansible-playbook -i "$inventory" playbooks/meeting.yml -e "kind=$kind" -e state=closed "$@"
}

hold_meetings() {
    [ -z "$simulated" ] || return 0
    hold district_commune 'huyện với các xã' 'a district with its communes' -e "district=$district"
    hold province_district 'tỉnh với các huyện' 'the province with its districts'
    hold three_tier 'ba cấp' 'three tiers'
    note "Ba cuộc họp, số điều nhìn và nghe thấy, đều đúng: $held. Màn hình của một xã: build/reports/demo-three_tier.png" \
        "Three meetings, things seen and heard, all as they should be: $held. A commune's screen: build/reports/demo-three_tier.png"
}

closing() {
    kill -KILL "$watcher" 2>/dev/null || true
    lowest=$(cat "$root/build/demo-memory")
    written=$(disk_written)
    {
        tr_ "Tốn: $(elapsed) giây kể cả cài đặt, $(megabytes "$written") MB đĩa cho phòng lab và $(megabytes "$(du -sk "$venv" | cut -f1)") MB cho .venv, nhiều nhất $(megabytes $((memory_before - lowest))) MB bộ nhớ." \
            "Cost: $(elapsed) s with installation, $(megabytes "$written") MB of disk for the lab and $(megabytes "$(du -sk "$venv" | cut -f1)") MB for .venv, at most $(megabytes $((memory_before - lowest))) MB of memory."
        echo
        if [ -n "$simulated" ]; then
            tr_ "Thiết bị mô phỏng ($lab_reason); $(not_shown). Dỡ: ./run lab-down" \
                "Simulated devices ($lab_reason); $(not_shown). Clean up: ./run lab-down"
        else
            tr_ "Xem tiếp: hntt lab status, ssh -F .lab/ssh_config $router; báo cáo: build/reports/; dỡ: ./run lab-down" \
                "Look further: hntt lab status, ssh -F .lab/ssh_config $router; reports: build/reports/; clean up: ./run lab-down"
        fi
        echo
    } >>"$lines"
    echo
    cat "$lines"
}

if lab_possible; then
    simulated='' kind_vi='phòng lab' kind_en='the lab'
else
    simulated=--simulated kind_vi='thiết bị mô phỏng' kind_en='simulated devices'
    say "Không có phòng lab: $lab_reason; $(not_shown)" "No lab: $lab_reason; $(not_shown)"
fi
: >"$lines"
images_before=$(images_now)
memory_before=$(memory_available)
echo "$memory_before" >"$root/build/demo-memory"
watch_memory &
watcher=$!
trap 'kill -KILL "$watcher" 2>/dev/null || true' EXIT

build_lab
configure
show_path
audit_is_clean
inject_drift
audit_finds_it
repair
hold_meetings
closing
