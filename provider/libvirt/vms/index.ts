import type { VmDriver } from "../../driver/contract";
import { late } from "../../driver/late";
import { orAbsent } from "../common";
import type { LibvirtSession } from "../session";
import { find, readXml } from "../xml/tree";
import { addressesOf } from "./addresses";
import type { Machinery } from "./define";
import { listDomains } from "./list";
import { domainOf, observeDomain, powerState } from "./observe";

export function createVmDriver(session: LibvirtSession, machinery: () => Promise<Machinery>): VmDriver {
  const changes = late(() =>
    (require("./changing") as typeof import("./changing")).createChanges(session, machinery),
  );
  return {
    list: (known) => listDomains(session, known),
    find: (idOrName, options) => observeDomain(session, idOrName, options),

    async hasAcpi(id) {
      const { xml } = await session.call("domain_get_xml_desc", { dom: domainOf(id), flags: 0 });
      return find(readXml(xml), "features", "acpi") !== undefined;
    },

    async state(id) {
      const answer = await orAbsent(session.call("domain_get_state", { dom: domainOf(id), flags: 0 }));
      return answer && powerState(answer.state);
    },

    addresses: (id, source) => addressesOf(session, id, source),

    create: (spec, owned) => changes.create(spec, owned),
    change: (id, spec, change) => changes.change(id, spec, change),
    nameHeld: (id) => changes.nameHeld(id),
    start: (id, options) => changes.start(id, options),
    pause: (id) => changes.pause(id),
    resume: (id) => changes.resume(id),
    stop: (id, options) => changes.stop(id, options),
    noteStop: (id, stopped) => changes.noteStop(id, stopped),
    save: (id) => changes.save(id),
    remove: (id, options) => changes.remove(id, options),
  };
}
