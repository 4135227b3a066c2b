#!/bin/bash
# Usage: host-inner.sh DIR NAME
# Runs as the first process of the namespaces: the machine's own libvirt is hidden behind DIR, then the daemons start.
set -eu
dir=$1 name=$2

hostname "$name"
printf '127.0.0.1 localhost %s\n::1 localhost\n' "$name" >"$dir/hosts"
mount --bind "$dir/hosts" /etc/hosts
ip link set lo up

mount --bind "$dir/etc" /etc/libvirt
mount --bind "$dir/lib" /var/lib/libvirt
mount --bind "$dir/log" /var/log/libvirt
mount --bind "$dir/cache" /var/cache/libvirt
mount -t tmpfs -o mode=755 tmpfs /run
mkdir -p /run/libvirt /run/lock
mount --bind "$dir/run" /run/libvirt

# A fresh sysfs shows this network namespace's interfaces; the control groups are mounted again as this host's own.
mount -t sysfs sysfs /sys
if grep -qv '^0:' /proc/self/cgroup; then
  mount -t tmpfs -o mode=755 tmpfs /sys/fs/cgroup
  while IFS=: read -r id controllers _; do
    if [ "$id" = 0 ]; then target=unified type=cgroup2 options=rw; else target=${controllers#name=} type=cgroup options=$controllers; fi
    [ "$target" = "$controllers" ] || [ "$id" = 0 ] || options=none,$controllers
    mkdir -p "/sys/fs/cgroup/$target"
    mount -t "$type" -o "$options" cgroup "/sys/fs/cgroup/$target" || rmdir "/sys/fs/cgroup/$target"
  done </proc/self/cgroup
else
  mount -t cgroup2 cgroup2 /sys/fs/cgroup
  # Only a group without processes may hand controllers to the guests' groups.
  mkdir -p /sys/fs/cgroup/init
  echo 0 >/sys/fs/cgroup/init/cgroup.procs
fi

# What a kernel lacks for bandwidth limits is left out of them.
mkdir -p "$dir/bin"
ln -sf "$(dirname "$(readlink -f "$0")")/host-tc.sh" "$dir/bin/tc"
export PATH="$dir/bin:$PATH"

# The KVM of some virtual machines says that its CPU has a feature which it then refuses, and QEMU ends with it. There, a
# script stands in QEMU's place, and QEMU in that of its smaller build (its own folder is where it looks for firmware).
qemu=/usr/bin/qemu-system-x86_64
takes_own_cpu() { echo quit | timeout 10 $qemu -nodefaults -display none -machine q35,accel=kvm -cpu host -S -monitor stdio; }
if [ -w /dev/kvm ] && [ -e $qemu-microvm ] && ! (takes_own_cpu) >/dev/null 2>&1; then
  echo "KVM refuses this machine's own CPU; guests get one without arch-capabilities"
  mount --bind $qemu $qemu-microvm
  mount --bind "$(dirname "$(readlink -f "$0")")/host-qemu.sh" $qemu
fi

virtlogd -d
# A package of its own on newer Debian, and of no use where no disk is locked.
! command -v virtlockd >/dev/null || virtlockd -d

# tini reaps orphaned guests at once. The loop behind it starts the daemon, and again for each line that comes down the
# pipe, with the arguments that stand there; "lxd" starts LXD beside it. A daemon that crashes is started again, as systemd
# does on an ordinary machine; one that is killed stays dead.
# shellcheck disable=SC2016
exec tini -- bash -c '
  daemon() {
    while :; do
      code=0
      "$@" --pid-file /run/libvirt/libvirtd.pid || code=$?
      case $code in
      132 | 134 | 135 | 136 | 139) echo "$1 has crashed ($code), and is started again" ;;
      *) return ;;
      esac
    done
  }
  exec 3<>"$1/control"
  line=libvirtd
  while :; do
    case $line in
    lxd) bash "$2/lxd-start.sh" "$1" >>"$1/log/lxd-start.log" 2>&1 3>&- & ;;
    *) daemon $line >>/var/log/libvirt/libvirtd.log 2>&1 3>&- & ;;
    esac
    read -r line <&3 || exit 1
  done' supervisor "$dir" "$(dirname "$(readlink -f "$0")")"
