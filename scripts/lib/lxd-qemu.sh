#!/bin/bash
# Stands before the real QEMU in a throwaway LXD host: emulation instead of KVM, no vsock. A VM whose `raw.qemu` says
# "vmhost-halt" gets a firmware that halts at once: it runs, and leaves the host's cores alone.
args=() halt='' config='' next=''
for arg; do
  case $next in
  config) config=$arg ;;
  cpu) arg=max ;;
  esac
  next=
  case $arg in
  -readconfig) next=config ;;
  -cpu) next=cpu ;;
  vmhost-halt*) halt=/var/lib/libvirt/boot/halt.rom ;;
  esac
  args+=("$arg")
done
if [ -n "$config" ]; then
  sed -i -e '/^\[device "qemu_vsock"\]/,/^$/d' -e 's/accel = "kvm"/accel = "tcg"/' "$config"
  [ -z "$halt" ] || sed -i -e "/^file = .*OVMF_CODE/s#=.*#= \"$halt\"#" "$config"
fi
exec /usr/bin/qemu-system-x86_64 "${args[@]}"
