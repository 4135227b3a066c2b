import type { HostDisk, HostFacts, HostInterface, HostMember } from "../driver/contract";
import { DriverError, hasCode } from "../driver/errors";
import { at, type LxdClient } from "./api/client";
import { membersOf } from "./members";
import type { Network, NetworkState, Resources, Server } from "./objects";
import { cardsOf, disksOf, nodesOf, pagesOf } from "./topology";

/** What we build on; all of them are in LXD since 4.16. */
const NEEDED = ["projects", "virtual-machines", "custom_block_volumes", "instance_all_projects"];

/** Who the host is and what it has. A server that does not trust us tells its name to anybody, so trust is looked at. */
export async function hostFacts(client: LxdClient): Promise<HostFacts> {
  const server = await client.get<Server>(at());
  if (server.auth !== "trusted") throw untrusted();
  const lacking = NEEDED.filter((name) => !server.api_extensions.includes(name));
  if (lacking.length > 0)
    throw new DriverError(
      `LXD ${server.environment.server_version} is too old: it has no ${lacking.join(", ")}`,
      { code: "unsupported", operation: "verify the host", remedy: "Upgrade LXD to 5.0 or later." },
    );
  const [resources, members] = await Promise.all([
    client.get<Resources>(at("resources")),
    server.environment.server_clustered === true ? machinesOf(client) : undefined,
    // Listing the project's VMs is what everything else needs (R17).
    client.get(at("instances")),
  ]);
  const { environment } = server;
  const [socket] = resources.cpu.sockets ?? [];
  const qemu = versionOf("qemu", environment);
  return {
    hostId: environment.certificate_fingerprint,
    hostname: environment.server_name,
    architectures: environment.architectures,
    version: environment.server_version,
    ...(qemu === undefined ? {} : { hypervisorVersion: qemu }),
    ...(socket?.name === undefined ? {} : { cpuModel: socket.name }),
    ...(socket?.frequency ? { cpuMhz: socket.frequency } : {}),
    // LXD runs its VMs with KVM or not at all.
    kvmAvailable: qemu !== undefined,
    domainTypes: [
      ...(qemu === undefined ? [] : ["kvm"]),
      ...(versionOf("lxc", environment) === undefined ? [] : ["lxc"]),
    ],
    total: (members ?? [{ total: sizeOf(resources) }]).reduce(
      (sum, { total }) => ({
        cores: sum.cores + total.cores,
        memoryMiB: sum.memoryMiB + total.memoryMiB,
      }),
      { cores: 0, memoryMiB: 0 },
    ),
    ...(members === undefined ? {} : { members }),
    hugepages: pagesOf(resources.memory),
    extensions: server.api_extensions,
    nodes: nodesOf(resources),
  };
}

function sizeOf({ cpu, memory }: Resources): HostFacts["total"] {
  return { cores: cpu.total, memoryMiB: Math.floor(memory.total / 2 ** 20) };
}

/** The members of a cluster that answer: of one that is away neither its size nor its instances are known. */
async function machinesOf(client: LxdClient): Promise<readonly HostMember[]> {
  const there = (await membersOf(client)).filter(({ status }) => status !== "Offline");
  const asked = there.map(async ({ server_name: name, groups, status }): Promise<HostMember[]> => {
    try {
      const resources = await client.get<Resources>(at("resources"), { target: name });
      return [{ name, groups: groups ?? [], open: status === "Online", total: sizeOf(resources) }];
    } catch (error) {
      if (hasCode(error, "unreachable")) return [];
      throw error;
    }
  });
  return (await Promise.all(asked)).flat();
}

export async function hostDisks(client: LxdClient): Promise<readonly HostDisk[]> {
  return disksOf(await client.get<Resources>(at("resources")));
}

/** `driver` is `lxc | qemu`, `driver_version` is `5.0.2 | 7.2.22`. */
function versionOf(driver: string, environment: Server["environment"]): string | undefined {
  const index = environment.driver.split("|").findIndex((name) => name.trim() === driver);
  return index < 0 ? undefined : environment.driver_version.split("|")[index]?.trim();
}

export function untrusted(): DriverError {
  return new DriverError("the server does not trust this client", {
    code: "authentication-failed",
    operation: "connect",
    remedy:
      "Give `certificate` and `key` of a client that the server trusts; on the server, `lxc config trust add <certificate file>` makes it trusted.",
  });
}

const TYPES: Readonly<Record<string, HostInterface["type"]>> = {
  bridge: "bridge",
  bond: "bond",
  vlan: "vlan",
  physical: "physical",
};

/** The host's own devices and LXD's bridges; what only exists in LXD's books (macvlan, OVN) is no device. */
export async function hostInterfaces(client: LxdClient): Promise<readonly HostInterface[]> {
  const [networks, resources] = await Promise.all([
    client.get<readonly Network[]>(at("networks"), { recursion: "1" }),
    client.get<Resources>(at("resources")),
  ]);
  const cards = cardsOf(resources);
  const devices = networks.filter(({ type, managed }) => type in TYPES && (!managed || type === "bridge"));
  return Promise.all(
    devices.map(async ({ name, type }): Promise<HostInterface> => {
      // A device may go between the list and the question.
      const state = (await client.find<NetworkState>(`${at("networks", name)}/state`))?.value;
      return {
        name,
        type: TYPES[type] ?? "physical",
        ...(state?.hwaddr ? { mac: state.hwaddr } : {}),
        active: state?.state === "up",
        ports:
          state?.bridge?.upper_devices ??
          state?.bond?.lower_devices ??
          (state?.vlan?.lower_device === undefined ? [] : [state.vlan.lower_device]),
        ...(state?.vlan?.vid === undefined ? {} : { vlanTag: state.vlan.vid }),
        ...cards.get(name),
      };
    }),
  );
}
