import * as pulumi from "@pulumi/pulumi";
import type { VmHostArgs } from "./args.gen";
import { HostObject, lower, withSecrets } from "./base";
import { interfacesOf, inventoryOf, type HostInventory } from "./inventory";
import { partOf } from "./question";
import type { HostConnection } from "./refs";

declare module "./refs" {
  interface Resources {
    VmHost: VmHost;
  }
}

export interface Capacity {
  /** Logical CPUs. */
  readonly cores: number;
  readonly memoryMiB: number;
}

const OUTPUTS = [
  "hostId",
  "hostname",
  "architectures",
  "version",
  "hypervisorVersion",
  "cpuModel",
  "cpuMhz",
  "kvmAvailable",
  "domainTypes",
  "total",
  "overcommitted",
  "clientCertificate",
  "clientCertificateFingerprint",
  "clientKey",
  "certificateExpiry",
  "pinnedFingerprint",
] as const;

/**
 * A hypervisor host that already runs: verified and described, never changed.
 *
 * @example
 * const kvm1 = new VmHost("kvm1", { address: "qemu+ssh://ubuntu@192.168.1.2/system", cpuOvercommitRatio: 4 });
 */
export class VmHost extends HostObject {
  /** Stable identity of the machine (libvirt's host UUID, the fingerprint of LXD's certificate). */
  declare readonly hostId: pulumi.Output<string>;
  /** The host's own name. */
  declare readonly hostname: pulumi.Output<string>;
  /** Architectures of guests that the host can run, its own first. */
  declare readonly architectures: pulumi.Output<string[]>;
  /** Version of libvirt, such as `9.0.0`. */
  declare readonly version: pulumi.Output<string>;
  /** Version of QEMU. */
  declare readonly hypervisorVersion: pulumi.Output<string | undefined>;
  /** As the host names its CPU. */
  declare readonly cpuModel: pulumi.Output<string | undefined>;
  /** Its clock rate, where the host tells. */
  declare readonly cpuMhz: pulumi.Output<number | undefined>;
  /** Whether guests run with hardware virtualisation. */
  declare readonly kvmAvailable: pulumi.Output<boolean>;
  /** Kinds of guests that it can run: `kvm`, `qemu`; on LXD `virtual-machine`, `container`. */
  declare readonly domainTypes: pulumi.Output<string[]>;
  /** Physical cores and memory. */
  declare readonly total: pulumi.Output<Capacity>;
  /** What may be given to VMs: physical × overcommit ratio. */
  declare readonly overcommitted: pulumi.Output<Capacity>;

  /** The certificate made for this LXD host (`generateCertificate`), and its key. */
  declare readonly clientCertificate: pulumi.Output<string | undefined>;
  /** The key of `clientCertificate`; a secret. */
  declare readonly clientKey: pulumi.Output<string | undefined>;
  /** SHA-256 of the certificate that we show to LXD. */
  declare readonly clientCertificateFingerprint: pulumi.Output<string | undefined>;
  /** Until when it is good (ISO 8601). */
  declare readonly certificateExpiry: pulumi.Output<string | undefined>;
  /** The fingerprint that LXD's certificate must have. */
  declare readonly pinnedFingerprint: pulumi.Output<string | undefined>;

  /** The host as another resource's `host`, also from another stack. Known in a preview before the host is made. */
  readonly connection: pulumi.Output<HostConnection>;

  constructor(name: string, args: VmHostArgs = {}, opts?: pulumi.CustomResourceOptions) {
    super("VmHost", name, args, OUTPUTS, {
      ...opts,
      additionalSecretOutputs: [...(opts?.additionalSecretOutputs ?? []), "clientKey"],
    });
    // Made of the inputs (and of what was made to be trusted by), not of the outputs: a first preview must be able to ask the host whether a VM fits.
    const { location: _location, allowUnreachable: _allowUnreachable, ...rest } = args;
    const {
      generateCertificate,
      trustToken,
      trustPassword: _password,
      createProject: _create,
      ...given
    } = rest;
    const access = {
      ...given,
      ...(generateCertificate === undefined || given.certificate !== undefined
        ? {}
        : { certificate: this.clientCertificate, key: this.clientKey }),
      ...(trustToken === undefined || given.serverFingerprint !== undefined
        ? {}
        : { serverFingerprint: this.pinnedFingerprint }),
    };
    this.connection = pulumi
      .all([this.urn, pulumi.output(lower(withSecrets({ ...access })))])
      .apply(([urn, given]): HostConnection => ({
        address: "qemu:///system",
        ...given,
        name,
        urn,
      }));
  }

  /** @internal */
  override reference(): pulumi.Output<HostConnection> {
    return this.connection;
  }

  private seen?: ReturnType<typeof inventoryOf>;
  private devices?: ReturnType<typeof interfacesOf>;

  /** What is on the host now, asked when the program first uses it; it is not kept in state, where it would look like drift. */
  private get inventory(): ReturnType<typeof inventoryOf> {
    return (this.seen ??= inventoryOf(this.connection));
  }

  /** Cores and memory: total, used by VMs (running or not, whoever made them), available, and the limit with overcommit. */
  get capacity(): pulumi.Output<HostInventory["capacity"]> {
    return partOf(this.inventory, "capacity");
  }

  /** Storage pools with type, path, total, used and available bytes. */
  get storagePools(): pulumi.Output<HostInventory["storagePools"]> {
    return partOf(this.inventory, "storagePools");
  }

  /** Virtual networks, whoever made them. */
  get networks(): pulumi.Output<HostInventory["networks"]> {
    return partOf(this.inventory, "networks");
  }

  /** Network devices of the host: bridges, bonds, VLANs, physical ones. */
  get interfaces(): pulumi.Output<HostInventory["interfaces"]> {
    return (this.devices ??= interfacesOf(this.connection));
  }

  /** All VMs with their state, whoever made them. */
  get vms(): pulumi.Output<HostInventory["vms"]> {
    return partOf(this.inventory, "vms");
  }

  /** Reads a host that another program declares. */
  static get(
    name: string,
    id: pulumi.Input<pulumi.ID>,
    args: VmHostArgs = {},
    opts?: pulumi.CustomResourceOptions,
  ): VmHost {
    return new VmHost(name, args, { ...opts, id });
  }
}
