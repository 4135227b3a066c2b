import type { HostDriver, LxdProjectDriver } from "../driver/contract";
import { objectOf, type Complaint } from "../schema/table/gate";
import { lxdProjectFields, lxdProjectRules, type LxdProjectSpec } from "../schema/lxdProject";
import { isAnothers } from "./kind/anothers";
import { changesBetween, type Change } from "./engine/diff";
import type { Handler } from "./kind/handler";
import { notOn } from "./kind/notOn";
import { admitRename, nameNow, usersOf } from "./kind/renaming";
import { ensure } from "./kind/ensure";
import { fillShortName } from "./kind/filling";
import { hostIn, lookupId, nameIn } from "./kind/inputs";
import { made, seen } from "./kind/seen";

export const lxdProject: Handler<LxdProjectSpec> = {
  kind: "LxdProject",
  fields: lxdProjectFields,
  type: objectOf(lxdProjectFields, lxdProjectRules),
  fill: fillShortName(63),

  async admit(news, olds, context) {
    const find = (driver: HostDriver, name: string) => projectsOf(driver).find(name);
    const features = changesBetween(lxdProjectFields, olds, news).filter(isLocked);
    const users = features.length === 0 ? [] : await usersOf(news, olds, context, find);
    const locked =
      users.length === 0
        ? []
        : features.map(({ path }): Complaint => ({
            path,
            message: `cannot change while the project holds ${users.join(", ")}`,
          }));
    return [...locked, ...(await admitRename(news, olds, context, find))];
  },

  existing: {
    noun: "project",
    find: (wanted, news, context) =>
      context.observe(hostIn(news), (driver) => projectsOf(driver).find(wanted)),
  },

  async create(spec, context) {
    const observed = await context.act(spec.host, (driver) => ensure("project", projectsOf(driver), spec));
    return made(spec, observed, {});
  },

  async read(id, outs, context) {
    const observed = await context.observe(hostIn(outs), (driver) =>
      projectsOf(driver).find(nameIn(outs) ?? lookupId(id)),
    );
    return (
      observed && { ...seen(this, outs, observed, {}), id: nameIn(outs) === undefined ? observed.id : id }
    );
  },

  async update(id, spec, olds, context) {
    const named = { ...spec, name: String(spec.name) };
    const observed = await context.act(spec.host, async (driver) => {
      const projects = projectsOf(driver);
      const now = await nameNow(projects.find, named.name, nameIn(olds) ?? id, spec.owner);
      return projects.change(now, named, { owner: spec.owner });
    });
    return made(spec, observed, {});
  },

  async delete(id, outs, context) {
    const name = nameIn(outs) ?? id;
    await context.act(hostIn(outs), async (driver) => {
      const projects = projectsOf(driver);
      if (!isAnothers(await projects.find(name), outs, "project")) await projects.remove(name);
    });
  },
};

function projectsOf({ kind, projects }: HostDriver): LxdProjectDriver {
  return projects ?? notOn(kind, "LxdProject");
}

/** Zones and buckets of its own can be given to a project that holds something, too. */
function isLocked({ path: [group, name], after }: Change): boolean {
  return group === "features" && !(after === true && (name === "networkZones" || name === "storageBuckets"));
}
