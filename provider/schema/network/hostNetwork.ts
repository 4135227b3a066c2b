import { z } from "../table/zod";
import { parseConstraints, readConstraints, type Constraints } from "./constraints";
import { field, type Field, type Fields } from "../table/field";
import { objectOf } from "../table/gate";
import { cidr, hostDevice, listOf, oneOf, text } from "../table/types";

const label = (): z.ZodType<string> => text().min(1).max(255);
const record = (type: z.ZodType, doc: string, ts?: string): Field =>
  field(type, { fate: "record", doc, ...(ts === undefined ? {} : { ts }) });

const deviceFields = {
  name: record(hostDevice(), "The device's name on the host."),
  type: record(
    oneOf("bridge", "bond", "vlan", "physical").optional(),
    "Default: what the host tells, else physical.",
  ),
  dhcp: record(z.boolean().optional(), "Whether DHCP that you control, or a relay to it, serves it."),
  vlan: record(z.union([label(), z.int()]).transform(String).optional(), "VLAN.", "string | number"),
  fabric: record(label().optional(), "Fabric."),
  space: record(label().optional(), "Space."),
  subnets: record(listOf(cidr()).optional(), "Subnets, as CIDRs."),
  tags: record(listOf(label()).optional(), "Labels."),
  sriov: record(
    z.boolean().optional(),
    "Whether VMs get its SR-IOV functions, where it has some. Default true; with false a macvtap.",
  ),
} satisfies Fields;

/** What a host's interfaces are plugged into, and how one is chosen for a VM that names none. */
export const networkChoiceFields = {
  networkChoice: field(oneOf("legacy", "dhcp").optional(), {
    fate: "record",
    doc: "What an interface of a VM gets that names nothing: the network `maas`, then `default` (`legacy`), or only what is known to have DHCP that is not libvirt's own (`dhcp`, the default where `knownInterfaces` tell of DHCP): those networks on such a bridge, then the first such bridge, then the first such device by macvtap.",
    source: "R80, R81, R90",
  }),
  knownInterfaces: field(z.array(objectOf(deviceFields)).optional(), {
    fate: "record",
    ts: '{ name: string; type?: "bridge" | "bond" | "vlan" | "physical"; dhcp?: boolean; vlan?: string | number; fabric?: string; space?: string; subnets?: string[]; tags?: string[]; sriov?: boolean }[]',
    doc: "What the hypervisor cannot tell of the host's network devices: DHCP, VLAN, fabric, space, subnets, tags. Added to what it tells, by name; VMs' `constraints` are matched against both.",
    source: "R26, R63",
  }),
} satisfies Fields;

const undecided = (): undefined => undefined;

/** What an interface asks of the host's device that it is put on. */
export const constraintFields = {
  constraints: field(
    z
      .unknown()
      .transform((value, context): Constraints | undefined => {
        if (value === undefined) return undefined;
        try {
          if (typeof value === "string") return parseConstraints(value);
          if (typeof value === "object" && value !== null && !Array.isArray(value))
            return readConstraints(value as Record<string, unknown>);
          throw new Error(
            'must be an object such as { space: "dmz" }, or a text such as "space=dmz,not_tag=slow"',
          );
        } catch (error) {
          context.issues.push({
            code: "custom",
            message: error instanceof Error ? error.message : String(error),
            input: value,
          });
          return z.NEVER;
        }
      })
      .optional() as unknown as z.ZodType<Constraints | undefined>,
    {
      fate: "live",
      ts: "string | { [key: string]: string | string[] }",
      doc: "In place of `network`, `bridge` or `macvlan`: a device of the host is chosen that meets name, type, tag, space, subnet, fabric, vlan or ip (`not_` in front turns one round), as an object or as MAAS's text; a bridge before a bond before another, by one of its free SR-IOV functions or else by macvtap. The choice is kept until the constraints change.",
      source: "R83, R87",
    },
  ),
  chosen: field(z.string().optional(), {
    fate: undecided,
    internal: true,
    doc: "What was chosen for the interface, and why.",
  }),
} satisfies Fields;
