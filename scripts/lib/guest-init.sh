#!/bin/sh
# First process of the tiny test guest: drivers, an address on every interface, a web page, a clean end.
/bin/busybox --install -s /bin
export PATH=/bin:/sbin:/usr/sbin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mkdir -p /dev/pts /dev/virtio-ports /run /tmp /www
exec </dev/console >/dev/console 2>&1

while read -r module; do insmod "/modules/$module"; done </modules/order
[ "$(hostname)" != "(none)" ] || hostname vmhost-guest
ip link set lo up

# The page says who answers, so that a test can tell its guests apart.
hostname >/www/index.html
httpd -p 80 -h /www
# libvirt's shutdown presses the ACPI power button.
acpid -l /dev/null -c /etc/acpi

agent() {
  for port in /sys/class/virtio-ports/*; do
    [ "$(cat "$port/name" 2>/dev/null)" = org.qemu.guest_agent.0 ] || continue
    ln -sf "/dev/${port##*/}" /dev/virtio-ports/org.qemu.guest_agent.0
    # Ends when the channel is taken away; the loop below starts it for the next one.
    pidof qemu-ga >/dev/null || qemu-ga -m virtio-serial -p /dev/virtio-ports/org.qemu.guest_agent.0 -t /run -l /run/qemu-ga.log &
  done
}

echo "vmhost guest ready ($(cut -d" " -f1 /proc/uptime) s)"
while :; do
  for interface in /sys/class/net/*; do
    name=${interface##*/}
    [ "$name" = lo ] && continue
    [ -e "/run/dhcp.$name" ] && continue
    : >"/run/dhcp.$name"
    ip link set "$name" up
    udhcpc -i "$name" -x "hostname:$(hostname)" -t 3 -T 1 -A 1 -s /etc/dhcp -p "/run/dhcp.$name.pid" >/dev/null 2>&1 &
  done
  # Interfaces and processors that were taken away may come again.
  for seen in /run/dhcp.*.pid; do
    name=${seen#/run/dhcp.}
    name=${name%.pid}
    [ -e "$seen" ] && [ ! -e "/sys/class/net/$name" ] && kill "$(cat "$seen")" && rm -f "$seen" "/run/dhcp.$name"
  done
  for processor in /sys/devices/system/cpu/cpu*/online; do
    [ -e "$processor" ] && [ "$(cat "$processor")" = 0 ] && echo 1 >"$processor"
  done
  [ -x /usr/sbin/qemu-ga ] && agent
  sleep 0.5
done
