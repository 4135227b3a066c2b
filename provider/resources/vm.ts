import * as pulumi from "@pulumi/pulumi";
import type { VmArgs } from "./args.gen";
import { AMONG_HOSTS } from "../schema/vm/amongHosts";
import { HostObject, lower } from "./base";
import type { HostConnection } from "./refs";

declare module "./refs" {
  interface Resources {
    Vm: Vm;
  }
}

const OUTPUTS = [
  "name",
  "uuid",
  "address",
  "interfaces",
  "disks",
  "restartRequired",
  "placement",
  "netbootReady",
  "execResults",
  "cores",
  "memory",
  "autostart",
  "description",
] as const;

/**
 * The place of the host that will be chosen: as secret as what it is chosen from, because the engine keeps a value secret
 * by where it stands.
 */
function withPlace(args: VmArgs): object {
  if (args.hosts === undefined || args.host !== undefined) return args;
  return { ...args, host: pulumi.output(lower({ hosts: args.hosts })).apply(() => AMONG_HOSTS) };
}

/** What a command writes may well hold what was in its environment; a list that is yet to come may hold such a one. */
function withSecretResults(
  args: VmArgs,
  opts: pulumi.CustomResourceOptions = {},
): pulumi.CustomResourceOptions {
  const exec: unknown = args.exec;
  const plain = (item: unknown): boolean =>
    typeof item === "object" && item !== null && !("environment" in item) && !pulumi.Output.isInstance(item);
  if (exec === undefined || (Array.isArray(exec) && exec.every(plain))) return opts;
  return { ...opts, additionalSecretOutputs: [...(opts.additionalSecretOutputs ?? []), "execResults"] };
}

/** How a command has ended, with the last 64 KiB of what it wrote. */
export interface ExecResult {
  readonly exitStatus: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** An interface as it is: what the program said, its MAC, and the guest's addresses where they are waited for. */
export interface VmInterface {
  readonly name: string;
  /** Its MAC address, also where the host has chosen it. */
  readonly mac: string;
  /** The network that it is on. */
  readonly network?: string;
  /** The bridge of the host that it is on. */
  readonly bridge?: string;
  /** The device of the host below it. */
  readonly macvlan?: string;
  /** What was chosen for it, and why, where the program names nothing. */
  readonly chosen?: string;
  /** The guest's addresses, where they are waited for. */
  readonly addresses: string[];
}

/** A disk as it is: its target on the host's side and where its image is. */
export interface VmDisk {
  readonly name: string;
  /** Its device name on the host's side, such as `vda`. */
  readonly target: string;
  /** Path of the image on the host. */
  readonly location?: string;
  /** The pool it is in, where it is in one. */
  readonly inPool?: string;
  /** Which pool was chosen for it, and why, where the program names none. */
  readonly chosen?: string;
  /** By which the guest knows it, where it has one: the program's, or LXD's (`lxd_` and the name, its hyphens doubled). */
  readonly serial?: string;
  /** Virtual size in bytes, of a disk that was made for the VM. */
  readonly size?: number;
}

/**
 * A virtual machine.
 *
 * @example
 * const web = new Vm("web", {
 *   host: kvm1,
 *   cores: 2,
 *   memory: "2GiB",
 *   disks: [{ pool, backing: debian, size: "20GiB" }],
 *   interfaces: [{ network: lan }],
 *   waitFor: { address: true, timeout: "5m" },
 * });
 * export const address = web.address;
 */
export class Vm extends HostObject {
  /** The host it lives on, as other resources take it. */
  declare readonly host: pulumi.Output<HostConnection>;
  /** The name on the host. */
  declare readonly name: pulumi.Output<string>;
  /** Its UUID on the host. */
  declare readonly uuid: pulumi.Output<string>;
  /** The first usable address (IPv4 before IPv6), where `waitFor.address` asks for one. */
  declare readonly address: pulumi.Output<string | undefined>;
  /** The interfaces as they are. */
  declare readonly interfaces: pulumi.Output<VmInterface[]>;
  /** The disks as they are. */
  declare readonly disks: pulumi.Output<VmDisk[]>;
  /** Inputs whose new value a running guest does not have yet; empty after its next start. */
  declare readonly restartRequired: pulumi.Output<string[]>;
  /** Where it was placed among `hosts`, and why. */
  declare readonly placement: pulumi.Output<{ readonly host: string; readonly reason: string } | undefined>;
  /** Of a VM that boots from the network: whether DHCP that can tell it what to boot is known to serve one of its interfaces. */
  declare readonly netbootReady: pulumi.Output<boolean | undefined>;
  /** Of commands with `recordOutput`, by name, how their last run has ended; a secret where any command has an `environment`. */
  declare readonly execResults: pulumi.Output<Readonly<Record<string, ExecResult>> | undefined>;
  /** Virtual CPUs. */
  declare readonly cores: pulumi.Output<number>;
  /** MiB. */
  declare readonly memory: pulumi.Output<number>;
  /** Whether it starts with the host. */
  declare readonly autostart: pulumi.Output<boolean>;
  /** Free text kept with the object on the host. */
  declare readonly description: pulumi.Output<string | undefined>;

  constructor(name: string, args: VmArgs, opts?: pulumi.CustomResourceOptions) {
    super("Vm", name, withPlace(args), OUTPUTS, withSecretResults(args, opts));
  }

  /** @internal */
  override reference(): pulumi.Output<string> {
    return this.id;
  }

  /** Reads a VM by name or UUID (`kvm1/web` is understood as well); it is not managed and its power is never touched. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: Pick<VmArgs, "host">,
    opts?: pulumi.CustomResourceOptions,
  ): Vm {
    return new Vm(name, args, { ...opts, id });
  }
}
