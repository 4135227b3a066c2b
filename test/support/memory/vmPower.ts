import { createHash } from "node:crypto";
import * as ipaddr from "ipaddr.js";
import type { InterfaceAddresses, VmDriver } from "../../../provider/driver/contract";
import { DriverError } from "../../../provider/driver/errors";
import { absent, copy } from "./configuration";
import { byIdOrName, type MemoryVm, type Witness } from "./state";
import { resolveFile } from "./volumes";

type Power = Pick<
  VmDriver,
  "start" | "pause" | "resume" | "stop" | "noteStop" | "hasAcpi" | "state" | "addresses"
>;

export function memoryPower(witness: Witness): Power {
  const vmOf = (id: string, operation: string): MemoryVm => {
    const vm = byIdOrName(witness.vms, id);
    if (vm === undefined) throw absent("VM", id, operation);
    return vm;
  };
  return {
    async start(id, options = {}) {
      const vm = vmOf(id, "start the VM");
      if (vm.live !== undefined) return;
      checkStart(witness, vm);
      vm.live = copy(vm.spec);
      vm.starts = (vm.starts ?? 0) + 1;
      vm.state = options.paused ? "paused" : "running";
    },
    async pause(id) {
      const vm = vmOf(id, "pause the VM");
      if (vm.live === undefined) throw notRunning(vm, "pause the VM");
      vm.state = "paused";
    },
    async resume(id) {
      const vm = vmOf(id, "resume the VM");
      if (vm.live === undefined) throw notRunning(vm, "resume the VM");
      vm.state = "running";
    },
    async stop(id, { hard }) {
      const vm = vmOf(id, "stop the VM");
      if (vm.live === undefined) return;
      if (!vm.persistent) {
        throw new DriverError("the VM is transient and would vanish", {
          code: "invalid-state",
          operation: "stop the VM",
          target: `VM "${vm.name}"`,
        });
      }
      if (hard || (vm.obedient && vm.acpi)) switchOff(vm);
    },
    async noteStop(id, stop) {
      const vm = vmOf(id, "write a note on the VM");
      if (stop === undefined) delete vm.note;
      else vm.note = { was: stop.was, starts: vm.starts ?? 0 };
    },
    async hasAcpi(id) {
      return vmOf(id, "look at the VM").acpi;
    },
    async state(id) {
      return byIdOrName(witness.vms, id)?.state;
    },
    async addresses(id, source) {
      const vm = vmOf(id, "ask for addresses");
      if (vm.live === undefined) throw notRunning(vm, "ask for addresses");
      if (source === "lease" || (source === "any" && vm.agent === undefined))
        return vm.state === "running" ? leases(witness, vm) : [];
      if (vm.agent === undefined) {
        throw new DriverError("the guest agent does not answer", {
          code: "guest-agent-unavailable",
          operation: "ask for addresses",
          target: `VM "${vm.name}"`,
        });
      }
      return copy(vm.agent);
    },
  };
}

export function switchOff(vm: MemoryVm): void {
  delete vm.live;
  vm.state = "stopped";
}

/** What a definition may name without being there; a start may not. */
function checkStart(witness: Witness, { name, spec }: MemoryVm): void {
  for (const { network } of spec.interfaces ?? []) {
    const found = network === undefined ? undefined : byIdOrName(witness.networks, network);
    if (network === undefined || found?.spec.active) continue;
    if (found === undefined) throw absent("network", network, `start VM "${name}"`);
    throw new DriverError("the network is not active", {
      code: "invalid-state",
      operation: "start the VM",
      target: `network "${network}"`,
    });
  }
  for (const { volume } of spec.disks ?? []) {
    if (volume !== undefined) resolveFile(witness, volume, `start VM "${name}"`);
  }
}

function notRunning({ name }: MemoryVm, operation: string): DriverError {
  return new DriverError("the VM is not running", {
    code: "invalid-state",
    operation,
    target: `VM "${name}"`,
  });
}

/** An address of the network's first range for every interface on a network with DHCP, the same one each time. */
function leases({ networks }: Witness, { live }: MemoryVm): InterfaceAddresses[] {
  return (live?.interfaces ?? []).flatMap(({ mac, network }): InterfaceAddresses[] => {
    const dhcp =
      network === undefined
        ? undefined
        : byIdOrName(networks, network)?.spec.ips?.find((ip) => ip.dhcp !== undefined)?.dhcp;
    if (mac === undefined || dhcp === undefined) return [];
    const fixed = dhcp.hosts.find((host) => host.mac === mac)?.ip;
    const start = dhcp.ranges[0]?.start;
    const address = fixed ?? (start === undefined ? undefined : shifted(start, mac));
    return address === undefined ? [] : [{ mac, addresses: [address] }];
  });
}

function shifted(start: string, mac: string): string {
  const bytes = ipaddr.parse(start).toByteArray();
  const last = bytes.length - 1;
  bytes[last] = Math.min(
    254,
    (bytes[last] ?? 0) + ((createHash("sha256").update(mac).digest()[0] ?? 0) % 50),
  );
  return ipaddr.fromByteArray(bytes).toString();
}
