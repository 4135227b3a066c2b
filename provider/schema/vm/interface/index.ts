import { z } from "../../table/zod";
import { macvlanMode } from "../../address/connection";
import { field, type Fields, type Spec } from "../../table/field";
import type { Complaint, Rule } from "../../table/gate";
import { constraintFields } from "../../network/hostNetwork";
import { nicModelComplaint } from "./models";
import { lxdInterfaceFields } from "./lxd";
import { deviceName, hostDevice, mac, objectName } from "../../table/types";
import { interfaceKindRules } from "./kind";
import { interfaceTuningFields, interfaceTuningRules } from "./tuning";

export const interfaceFields = {
  name: field(deviceName(), {
    fate: "replace",
    shaped: true,
    doc: "The name by which this program knows the interface. Default `eth0`, `eth1`, … in order.",
  }),
  network: field(objectName().optional(), {
    fate: "live",
    refs: ["LibvirtNetwork", "LxdNetwork"],
    doc: "A network of the host: a LibvirtNetwork, an LxdNetwork, or its name.",
    source: "<interface type=network>; nic network; R79",
  }),
  bridge: field(hostDevice().optional(), {
    fate: "live",
    doc: "A bridge of the host.",
    source: "<interface type=bridge>; R79",
  }),
  macvlan: field(hostDevice().optional(), {
    fate: "live",
    doc: "A device of the host to put a macvtap on. The host itself and the guest cannot talk to each other over it.",
    source: "<interface type=direct>; R79",
  }),
  ...constraintFields,
  macvlanMode: field(macvlanMode().optional(), {
    fate: "live",
    keep: true,
    doc: "Mode of the macvtap. Default: the host's `defaultMacvlanMode` when the interface is made.",
    source: "<source mode>; R92–R94",
  }),
  mac: field(mac().optional(), {
    fate: "live",
    keep: true,
    doc: "MAC address. Default: one made from the VM's and the interface's names, so that it outlives everything but a rename.",
    source: "<mac address>",
  }),
  model: field(
    z
      .string()
      .refine((value) => nicModelComplaint(value) === undefined, {
        error: ({ input }) => nicModelComplaint(String(input)),
      })
      .optional(),
    { fate: "live", keep: true, doc: "Default virtio.", source: "<model type>; R137" },
  ),
  targetDev: field(
    hostDevice()
      .refine(
        (value) => !/^(vnet|macvtap|vif|macvlan)\d/.test(value),
        "is a name that libvirt keeps for itself; choose another",
      )
      .optional(),
    { fate: "live", keep: true, doc: "Name of the device at the host's side.", source: "<target dev>; R135" },
  ),
  bootOrder: field(z.int().min(1).max(64).optional(), {
    fate: "restart",
    doc: "Place in the boot order, from 1.",
    source: "<boot order>",
  }),
  ...lxdInterfaceFields,
  ...interfaceTuningFields,
} satisfies Fields;

export type InterfaceSpec = Spec<typeof interfaceFields>;

export const interfaceRules: readonly Rule<typeof interfaceFields>[] = [
  interfaceTuningRules,
  interfaceKindRules,
  function* ({
    network,
    bridge,
    macvlan,
    macvlanMode: mode,
    sriov,
    ethernet,
    user,
    vhostUser,
    constraints,
  }): Iterable<Complaint> {
    const ways = { network, bridge, macvlan, sriov, ethernet, user, vhostUser, constraints };
    const given = Object.entries(ways).filter(([, value]) => value !== undefined && value !== false);
    for (const [key] of given.slice(1))
      yield { path: [key], message: `cannot stand beside \`${given[0]?.[0]}\`` };
    if (mode !== undefined && macvlan === undefined && constraints === undefined && given.length > 0) {
      yield {
        path: ["macvlanMode"],
        message: `"${mode}" needs \`macvlan\`: a ${given[0]?.[0]} has no macvlan mode`,
      };
    }
  },
];
