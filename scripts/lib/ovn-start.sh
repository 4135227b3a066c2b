#!/bin/bash
# Usage: ovn-start.sh DIR
# Runs Open vSwitch and the northern half of OVN inside a throwaway host, on DIR/ovn: the databases, the switch in user
# space (a throwaway host has no kernel to load modules into), and what translates networks into flows.
set -eu
dir=$1
mkdir -p /run/openvswitch /run/ovn "$dir/ovn"
cd "$dir/ovn"

ovsdb-tool create switch.db /usr/share/openvswitch/vswitch.ovsschema
ovsdb-tool create north.db /usr/share/ovn/ovn-nb.ovsschema
ovsdb-tool create south.db /usr/share/ovn/ovn-sb.ovsschema

# LXD makes bridges as if the kernel knew them.
cat >"$dir/lxd-shims/ovs-vsctl" <<'END'
#!/bin/bash
[[ $* == *add-br* ]] && set -- "$@" -- set bridge "${@: -1}" datapath_type=netdev
exec /usr/bin/ovs-vsctl "$@"
END
chmod 755 "$dir/lxd-shims/ovs-vsctl"

daemon() { "$1" --detach --no-chdir --pidfile="/run/ovn/$1.pid" --log-file="$dir/log/$1.log" "${@:2}" 2>/dev/null; }
north=/run/ovn/ovnnb_db.sock south=/run/ovn/ovnsb_db.sock
daemon ovsdb-server --remote=punix:/run/openvswitch/db.sock --remote=punix:$north --remote=punix:$south \
  switch.db north.db south.db
ovs-vsctl --no-wait init -- set open_vswitch . external_ids:system-id=throwaway \
  external_ids:ovn-remote=unix:$south external_ids:ovn-encap-type=geneve external_ids:ovn-encap-ip=127.0.0.1
daemon ovs-vswitchd
daemon ovn-northd --ovnnb-db=unix:$north --ovnsb-db=unix:$south
