#!/usr/bin/env bash
# Starts a RADOS gateway of Ceph on loopback: a real S3 server whose conditional writes are atomic.
# usage: up.sh DIR [memstore|bluestore] [S3_PORT] [MON_PORT]     keys: testkey / testsecret1     stop: down.sh DIR
# GATEWAY_TOKENS=1: it gives temporary credentials too, and then tells wrong ones less precisely.
# DIR must be short: paths of unix sockets are limited to 107 characters. Needs Debian's ceph-mon, ceph-osd and radosgw.
set -euo pipefail
dir=${1:?DIR}; store=${2:-memstore}; port=${3:-17480}; mon_port=${4:-16789}
mkdir -p "$dir/run" "$dir/log"
conf=$dir/ceph.conf
tokens=; [ -z "${GATEWAY_TOKENS:-}" ] || tokens=$'rgw s3 auth use sts = true\nrgw sts key = 0123456789abcdef'
fresh=0; [ -d "$dir/mon" ] || fresh=1
if [ "$fresh" = 1 ]; then
  fsid=$(cat /proc/sys/kernel/random/uuid)
  cat > "$conf" <<C
[global]
fsid = $fsid
mon host = v2:127.0.0.1:$mon_port
ms bind ipv4 = true
public addr = 127.0.0.1
cluster addr = 127.0.0.1
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd crush chooseleaf type = 0
osd pool default pg autoscale mode = off
osd objectstore = $store
osd memory target = 939524096
mon allow pool size one = true
mon max pg per osd = 1000
mon data avail crit = 1
mon data avail warn = 1
mon pg warn min per osd = 0
mon cluster log to file = false
mon osd min creating pgs = 100
memstore device bytes = 4294967296
bluestore block size = 10737418240
bluestore fsck on mount = false
paxos propose interval = 0.05
paxos min wait = 0.01
log file = $dir/log/\$name.log
admin socket = $dir/run/\$name.asok
pid file = $dir/run/\$name.pid
run dir = $dir/run
mon data = $dir/mon
osd data = $dir/osd\$id
keyring = $dir/keyring
rgw frontends = beast endpoint=127.0.0.1:$port tcp_nodelay=1
rgw enable usage log = false
rgw enable ops log = false
rgw gc max concurrent io = 2
rgw dynamic resharding = false
rgw thread pool size = 64
$tokens
# nothing leaves the machine and nobody reads these logs: checksums and rings of messages are only work
ms crc data = false
ms crc header = false
debug ms = 0/0
debug rgw = 0/0
debug osd = 0/0
debug objecter = 0/0
[osd]
keyring = $dir/osd.keyring
C
  ceph-authtool --create-keyring "$dir/keyring" --gen-key -n mon. --cap mon 'allow *' > /dev/null
  ceph-authtool "$dir/keyring" --gen-key -n client.admin --cap mon 'allow *' --cap osd 'allow *' --cap mgr 'allow *' > /dev/null
  monmaptool --create --clobber --fsid "$fsid" --addv m "[v2:127.0.0.1:$mon_port]" "$dir/monmap" > /dev/null
  ceph-mon -c "$conf" --mkfs -i m --monmap "$dir/monmap" --keyring "$dir/keyring"
fi
ceph-mon -c "$conf" -i m --public-addr "127.0.0.1:$mon_port"
if [ "$fresh" = 1 ]; then
  id=$(timeout 120 ceph -c "$conf" osd create)
  timeout 120 ceph -c "$conf" auth get-or-create "osd.$id" mon 'allow profile osd' osd 'allow *' mgr 'allow profile osd' -o "$dir/osd.keyring"
  mkdir -p "$dir/osd$id"
  uuid=$(timeout 120 ceph -c "$conf" osd dump -f json | python3 -c 'import json,sys; print(json.load(sys.stdin)["osds"][0]["uuid"])')
  timeout 120 ceph-osd -c "$conf" -i "$id" --mkfs --osd-uuid "$uuid" > /dev/null 2>&1
  timeout 120 ceph -c "$conf" osd crush add "osd.$id" 1.0 host=h root=default > /dev/null 2>&1
fi
ceph-osd -c "$conf" -i 0 > /dev/null
radosgw -c "$conf" -n client.admin > "$dir/log/rgw.out" 2>&1
for _ in $(seq 1 2400); do curl -s -o /dev/null --max-time 5 "http://127.0.0.1:$port/" && ready=1 && break; sleep 0.05; done
[ "${ready:-0}" = 1 ] || { echo "the gateway did not answer on port $port; see $dir/log" >&2; exit 1; }
[ "$fresh" = 0 ] || timeout 120 radosgw-admin -c "$conf" user create --uid=test --display-name=test \
  --access-key=testkey --secret-key=testsecret1 > /dev/null 2> "$dir/log/user.log"
echo "http://127.0.0.1:$port"
