#!/bin/sh
# Stands before the real QEMU in a throwaway host whose KVM refuses what its own CPU is said to have (host-inner.sh): with
# KVM, every CPU is without the feature `arch-capabilities`.
case " $* " in
*accel=kvm* | *"-accel kvm"*) ;;
*) exec /usr/bin/qemu-system-x86_64-microvm "$@" ;;
esac
left=$#
previous=
while [ "$left" -gt 0 ]; do
  argument=$1
  shift
  # Of one feature named twice, QEMU takes the last.
  [ "$previous" != -cpu ] || argument="$argument,arch-capabilities=off"
  set -- "$@" "$argument"
  previous=$argument
  left=$((left - 1))
done
exec /usr/bin/qemu-system-x86_64-microvm "$@"
