#!/bin/sh
# What udhcpc calls with its event and, in the environment, the lease.
case "$1" in
deconfig) ip -4 addr flush dev "$interface" ;;
bound | renew)
  ip addr replace "$ip/$mask" dev "$interface"
  for gateway in $router; do ip route replace default via "$gateway" dev "$interface"; done
  echo "vmhost guest address $interface $ip ($(cut -d" " -f1 /proc/uptime) s)" >/dev/console
  ;;
esac
