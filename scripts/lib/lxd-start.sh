#!/bin/bash
# Usage: lxd-start.sh DIR
# Runs LXD's daemon inside a throwaway host, on DIR/lxd. Three small programs stand in for what such a host lacks: a
# kernel to load modules into, KVM and vsock for QEMU, and the right to lock memory.
set -eu
dir=$1
here=$(dirname "$(readlink -f "$0")")
shims=$dir/lxd-shims
mkdir -p "$shims" "$dir/lxd"

# LXD asks for vhost_vsock only.
printf '#!/bin/sh\nexit 0\n' >"$shims/modprobe"
cp "$here/lxd-qemu.sh" "$shims/qemu-system-x86_64"
cp "$here/lxd-exec.sh" "$shims/lxd-exec"
chmod 755 "$shims"/*

# An image server of a test's own has a certificate that no other authority knows.
[ ! -e "$dir/authorities.crt" ] || export SSL_CERT_FILE=$dir/authorities.crt

export LXD_DIR=$dir/lxd LXD_EXEC_PATH=$shims/lxd-exec PATH=$shims:$PATH
exec lxd --group root --logfile="$dir/log/lxd.log"
