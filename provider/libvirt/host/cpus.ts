import type { CpuDriver, CpuModel, GuestKind } from "../../driver/cpus";
import { hasCode, isDriverError } from "../../driver/errors";
import type { LibvirtSession } from "../session";
import { featuresXml, readCpuModels } from "../xml/domainCapabilities";
import { readXml } from "../xml/tree";

/** What the host's QEMU can give a guest for a CPU; it is asked once for each kind of guest. */
export function createCpuDriver(session: LibvirtSession): CpuDriver {
  const known = new Map<string, Promise<readonly CpuModel[]>>();

  const read = async ({ arch, domainType, machine, emulator }: GuestKind): Promise<readonly CpuModel[]> => {
    const { capabilities } = await session.call("connect_get_domain_capabilities", {
      ...{ emulatorbin: emulator ?? null, arch, machine: machine ?? null, virttype: domainType, flags: 0 },
    });
    return readCpuModels(readXml(capabilities));
  };

  const models = (guest: GuestKind): Promise<readonly CpuModel[]> => {
    const key = JSON.stringify([guest.arch, guest.domainType, guest.machine, guest.emulator]);
    const asked =
      known.get(key) ??
      read(guest).catch((error: unknown) => {
        known.delete(key);
        // libvirt's test driver has none, and of a machine or emulator that it does not know somebody else tells.
        if (hasCode(error, "unsupported", "failed", "invalid-argument")) return [];
        throw error;
      });
    known.set(key, asked);
    return asked;
  };

  /** libvirt looks up all names when it compares a CPU with its own, and ends at the first that it does not know. */
  const isKnown = async (guest: GuestKind, model: string, names: readonly string[]): Promise<boolean> => {
    const { arch, domainType, machine, emulator } = guest;
    try {
      await session.call("connect_compare_hypervisor_cpu", {
        ...{ emulator: emulator ?? null, arch, machine: machine ?? null, virttype: domainType },
        xmlCPU: featuresXml(model, names),
        flags: 0,
      });
      return true;
    } catch (error) {
      if (!isDriverError(error) || hasCode(error, "connection-lost", "unreachable")) throw error;
      // libvirt's own words: there is no code for it.
      return !/unknown CPU feature/i.test(error.message);
    }
  };

  return {
    models,
    async unknownFeatures(guest, names) {
      const model = (await models(guest))[0]?.name;
      if (model === undefined || names.length === 0 || (await isKnown(guest, model, names))) return [];
      const each = await Promise.all(
        names.map(async (name) => ((await isKnown(guest, model, [name])) ? [] : [name])),
      );
      return each.flat();
    },
  };
}
