#!/bin/bash
# Stands before the real QEMU in a throwaway LXD host: emulation instead of KVM, no vsock. A VM whose `raw.qemu` says
# "vmhost-halt" gets a firmware that halts at once, so that it runs and costs nothing.
args=() halt= config= next=
for arg; do
  case $next in
  config)
    config=$arg
    ;;
  cpu) arg=max ;;
  esac
  next=
  case $arg in
  -readconfig) next=config ;;
  -cpu) next=cpu ;;
  *vmhost-halt*) halt=1 ;;
  esac
  args+=("$arg")
done
if [ -n "$config" ]; then
  sed -i -e '/^\[device "qemu_vsock"\]/,/^$/d' -e 's/accel = "kvm"/accel = "tcg"/' "$config"
fi
[ -z "$halt" ] || sed -i -e '/^file = ".*OVMF_CODE/s#=.*#= "'"$VMHOST_HALT_ROM"'"#' "$config"
exec /usr/bin/qemu-system-x86_64 "${args[@]}"
