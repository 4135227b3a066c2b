#!/bin/bash
# Usage: host-outer.sh DIR GROUP NAME keep|follow
# Gives a throwaway host control groups of its own (two libvirts in one tree would share "machine/qemu-1-…") and enters
# its namespaces. The process id stays the same throughout: killing it ends the host, guests included.
set -eu
dir=$1 group=$2 name=$3 lifetime=$4
here=$(dirname "$(readlink -f "$0")")

while IFS=: read -r id controllers path; do
  if [ "$id" = 0 ]; then
    # Version 2: below the root, because a session's own group has processes and may not hand controllers on.
    root=/sys/fs/cgroup path=
    [ -e "$root/cgroup.procs" ] || root=/sys/fs/cgroup/unified
  else
    root=/sys/fs/cgroup/${controllers#name=}
  fi
  [ -w "$root/cgroup.procs" ] || continue
  leaf="$root${path%/}/vmhost-$group"
  mkdir -p "$leaf" 2>/dev/null || continue
  if [ -e "$leaf/cpuset.mems" ] && [ "$id" != 0 ]; then
    cat "$leaf/../cpuset.cpus" >"$leaf/cpuset.cpus"
    cat "$leaf/../cpuset.mems" >"$leaf/cpuset.mems"
  fi
  echo $$ >"$leaf/cgroup.procs" || rmdir "$leaf"
done </proc/self/cgroup

enter=(unshare --mount --net --pid --fork --kill-child --ipc --uts --cgroup --mount-proc)
[ "$lifetime" = follow ] && enter=(setpriv --pdeathsig KILL "${enter[@]}")
exec "${enter[@]}" bash "$here/host-inner.sh" "$dir" "$name"
