#!/bin/bash
# Usage: lxd-start.sh DIR
# Runs LXD's daemon inside a throwaway host. Three small programs stand in for what such a host lacks: a kernel to load
# modules into, hardware virtualisation and vsock for QEMU, and the right to lock memory.
set -eu
dir=$1
here=$(dirname "$(readlink -f "$0")")
shims=$dir/lxd-shims
mkdir -p "$shims" "$dir/lxd" /run/lxc /var/lib/lxcfs

# LXD asks for vhost_vsock only.
printf '#!/bin/sh\nexit 0\n' >"$shims/modprobe"
cp "$here/lxd-qemu.sh" "$shims/qemu-system-x86_64"
# shellcheck disable=SC2016
printf '#!/bin/bash\nargs=()\nfor arg; do [[ $arg == limit=memlock:* ]] || args+=("$arg"); done\nexec /usr/bin/lxd "${args[@]}"\n' >"$shims/lxd-exec"
chmod 755 "$shims"/*

export LXD_DIR=$dir/lxd LXD_EXEC_PATH=$shims/lxd-exec PATH=$shims:$PATH
mkdir -p "$dir/lxd-firmware"
exec lxd --group root --logfile="$dir/log/lxd.log"
