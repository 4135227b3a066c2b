import type { Named, NwFilterDriver, ObservedNwFilter } from "../driver/contract";
import type { NwFilterSpec } from "../schema/nwFilter";
import { isAdopted } from "../schema/table/adopted";
import { doing, isUuid, missing, orAbsent, taken, uuidOfOwner } from "./common";
import type { RemoteNonnullNwfilter as Filter } from "./rpc/procedures.gen";
import type { LibvirtSession } from "./session";
import { definitionOf, nwFilterXml, readNwFilter } from "./xml/nwFilter";
import { formatXml, readXml } from "./xml/tree";

/** A filter has no place for an owner's mark; its UUID is made of the owner, so a later run knows it again. */
export function createNwFilterDriver(session: LibvirtSession): NwFilterDriver {
  const observe = async (nwfilter: Filter): Promise<ObservedNwFilter> => {
    const xml = readXml((await session.call("nwfilter_get_xml_desc", { nwfilter, flags: 0 })).xml);
    return { id: nwfilter.uuid, name: nwfilter.name, spec: readNwFilter(xml), definition: definitionOf(xml) };
  };

  const define = async (spec: Named<NwFilterSpec>, uuid: string): Promise<ObservedNwFilter> => {
    const xml = formatXml(nwFilterXml(spec, uuid));
    const { nwfilter } = await session.call("nwfilter_define_xml", { xml });
    return observe(nwfilter);
  };

  const lookup = async (idOrName: string): Promise<Filter | undefined> => {
    if (isUuid(idOrName)) {
      const found = await orAbsent(session.call("nwfilter_lookup_by_uuid", { uuid: idOrName }));
      if (found !== undefined) return found.nwfilter;
    }
    return (await orAbsent(session.call("nwfilter_lookup_by_name", { name: idOrName })))?.nwfilter;
  };

  return {
    async find(idOrName) {
      const found = await lookup(idOrName);
      return found && observe(found);
    },

    isOf: (id, owner) => id === uuidOfOwner("nwfilter", owner),

    create: (spec, { owner }) =>
      doing("create", `nwfilter "${spec.name}"`, async () => {
        const uuid = uuidOfOwner("nwfilter", owner);
        const found = await lookup(spec.name);
        if (found !== undefined && found.uuid !== uuid) throw taken("nwfilter", spec.name, undefined);
        return define(spec, uuid);
      }),

    change: (id, spec) =>
      doing("change", `nwfilter "${spec.name}"`, async () => {
        const found = await lookup(id);
        if (found === undefined) throw missing("nwfilter", spec.name, "change");
        if (isAdopted(spec) && saysNothing(spec)) return observe(found);
        return define(spec, found.uuid);
      }),

    async remove(id) {
      const found = await lookup(id);
      if (found === undefined) return;
      await doing("remove", `nwfilter "${found.name}"`, () =>
        orAbsent(session.call("nwfilter_undefine", { nwfilter: found })),
      );
    },
  };
}

/** A filter that is taken over without a rule of the program's keeps its own. */
function saysNothing({ rules, filters, raw = [] }: NwFilterSpec): boolean {
  return [rules, filters, raw].every((list) => list.length === 0);
}
