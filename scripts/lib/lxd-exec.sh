#!/bin/bash
# What LXD starts as itself, for its helpers: `forklimits` would raise the limit of locked memory, which a container may not.
args=()
for arg; do
  [[ $arg == limit=memlock:* ]] || args+=("$arg")
done
exec /usr/bin/lxd "${args[@]}"
