#!/usr/bin/env bash
# A one-node Ceph RADOS Gateway on loopback, for tests: a second S3 server that shares no code with ours.
#
#   scripts/rgw.sh DIR [RGW_PORT [MON_PORT [memstore|bluestore]]]
#
# Everything lies under DIR (a new folder; made here). Prints "ready URL" when the gateway answers, stays in the foreground, and ends with
# all its daemons when standard input closes or on SIGINT or SIGTERM, so that a killed test leaves nothing running. Needs no root and no
# service manager. Users are made with: radosgw-admin -c DIR/ceph.conf -n client.rgw user create …
# Needs, from Debian: radosgw ceph-mon ceph-osd ceph-common
set -euo pipefail

dir=${1:?"usage: rgw.sh DIR [RGW_PORT [MON_PORT [memstore|bluestore]]]"}
rgw_port=${2:-9100}
mon_port=${3:-6789}
store=${4:-memstore}
for tool in ceph ceph-mon ceph-osd monmaptool radosgw radosgw-admin; do
  command -v "$tool" >/dev/null || { echo "rgw.sh: $tool is not installed (radosgw ceph-mon ceph-osd ceph-common)" >&2; exit 1; }
done
mkdir -p "$dir"/{mon,osd,rgw,log,run}
dir=$(cd "$dir" && pwd)
conf=$dir/ceph.conf
[ -e "$conf" ] && { echo "rgw.sh: $dir was used already" >&2; exit 1; }
uuid() { cat /proc/sys/kernel/random/uuid; }
fsid=$(uuid)

# Loopback and a folder that only its owner reads take the place of Ceph's own authentication. The gateway asks for "crc" mode by itself,
# else it refuses a cluster without authentication; without tcp_nodelay every answer on a kept connection is 40 ms late.
cat >"$conf" <<EOF
[global]
fsid = $fsid
mon_host = v2:127.0.0.1:$mon_port
public_addr = 127.0.0.1
cluster_addr = 127.0.0.1
ms_bind_ipv6 = false
auth_cluster_required = none
auth_service_required = none
auth_client_required = none
mon_allow_pool_size_one = true
mon_warn_on_pool_no_redundancy = false
mon_max_pg_per_osd = 1000
osd_pool_default_size = 1
osd_pool_default_min_size = 1
osd_pool_default_pg_num = 2
osd_pool_default_pgp_num = 2
osd_pool_default_pg_autoscale_mode = off
osd_crush_chooseleaf_type = 0
run_dir = $dir/run
pid_file = $dir/run/\$name.pid
log_file = $dir/log/\$name.log
admin_socket = $dir/run/\$name.\$pid.asok
[mon.a]
mon_data = $dir/mon
mon_data_avail_crit = 1
mon_data_avail_warn = 2
[osd.0]
osd_data = $dir/osd
osd_objectstore = $store
memstore_device_bytes = 2147483648
bluestore_block_size = 10737418240
bluestore_block_create = true
osd_memory_target = 939524096
[client.rgw]
rgw_data = $dir/rgw
rgw_frontends = beast endpoint=127.0.0.1:$rgw_port tcp_nodelay=1
rgw_thread_pool_size = 64
rgw_dns_name = localhost
debug_rgw = 0
ms_mon_client_mode = crc
EOF
chmod 700 "$dir"
export CEPH_CONF=$conf CEPH_ARGS="--conf $conf"

daemons=()
stop() {
  trap - EXIT INT TERM
  # The gateway first, for it cannot end cleanly without its cluster. The data is thrown away, so nobody waits long.
  for ((i = ${#daemons[@]} - 1; i >= 0; i--)); do kill "${daemons[$i]}" 2>/dev/null || true; done
  for _ in $(seq 15); do
    local running=0
    for pid in "${daemons[@]}"; do if kill -0 "$pid" 2>/dev/null; then running=1; fi; done
    [ "$running" = 0 ] && exit 0
    sleep 0.1
  done
  for pid in "${daemons[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
  exit 0
}
trap stop EXIT INT TERM
daemon() { # not one of them may hold our standard streams open
  "$@" </dev/null >>"$dir/log/out" 2>&1 &
  daemons+=($!)
}

{
  monmaptool --create --fsid "$fsid" --addv a "[v2:127.0.0.1:$mon_port]" "$dir/monmap"
  ceph-mon --mkfs -i a --monmap "$dir/monmap"
} >"$dir/log/out" 2>&1
daemon ceph-mon -f -i a
osd_uuid=$(uuid)
{
  ceph --connect-timeout 30 osd new "$osd_uuid"
  ceph-osd -i 0 --mkfs --osd-uuid "$osd_uuid"
} >>"$dir/log/out" 2>&1
daemon ceph-osd -f -i 0
ceph osd crush add osd.0 1 root=default host=local >>"$dir/log/out" 2>&1
daemon radosgw -f -n client.rgw
gateway=$!
for _ in $(seq 600); do
  kill -0 "$gateway" 2>/dev/null || { echo "rgw.sh: the gateway ended; see $dir/log" >&2; exit 1; }
  if (exec 3<>"/dev/tcp/127.0.0.1/$rgw_port") 2>/dev/null; then break; fi
  sleep 0.1
done
(exec 3<>"/dev/tcp/127.0.0.1/$rgw_port") 2>/dev/null || { echo "rgw.sh: no gateway after a minute; see $dir/log" >&2; exit 1; }
echo "ready http://127.0.0.1:$rgw_port"
# Waits in the background, for only "wait" lets a signal through at once.
cat >/dev/null <&0 &
wait $! || true
