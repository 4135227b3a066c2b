#!/bin/bash
# Stands before `tc` on a throwaway host. libvirt makes a bandwidth limit of htb classes, sfq queues and policing; of kernels that
# have no sfq and no policing the classes, which do the limiting of what goes to a guest, are still wanted, so only those two are left out.
set -u
real=$(PATH=/usr/sbin:/sbin:/usr/bin:/bin command -v tc) || exit 127
words=$("$real" "$@" 2>&1)
code=$?
case "$code $* $words" in
0\ *) ;;
*\ sfq\ *unknown*) exec "$real" "${@:1:8}" pfifo ;;
*\ police\ *"load TC action"* | *\ fw\ *) exit 0 ;;
esac
[ -z "$words" ] || { [ "$code" = 0 ] && echo "$words" || echo "$words" >&2; }
exit "$code"
