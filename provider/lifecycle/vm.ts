import { late } from "../driver/late";
import { vmFields, type VmSpec } from "../schema/vm";
import type { Handler } from "./kind/handler";
import { withMove } from "./vm/act/move";
import { adoptedChanges, knownVm } from "./vm/adoption";
import { withDrives } from "./vm/drives";
import { guardVm } from "./vm/guard";
import { interruptionNotice, withInterruption } from "./vm/interrupted";
import { restartNotice } from "./vm/notice";
import { withLxdFates } from "./vm/onLxd";
import { withImages } from "./vm/plan/image";
import { readVm } from "./vm/read";

// A refresh plans nothing and changes nothing.
const shape = late(() => require("./vm/shape") as typeof import("./vm/shape"));
const plan = late(() => require("./vm/plan") as typeof import("./vm/plan"));
const act = late(() => require("./vm/act") as typeof import("./vm/act"));
const foresight = late(() => require("./vm/foresee") as typeof import("./vm/foresee"));

export const vm: Handler<VmSpec> = {
  kind: "Vm",
  fields: vmFields,
  get type() {
    return plan.vmType;
  },
  shape: (program, olds) => shape.shapeVm(program, olds),
  fill: (news, olds, given) => shape.fillVm(news, olds, given),
  refine(changes, news, olds) {
    const moved = withMove(withDrives(adoptedChanges(changes, news, olds), news, olds), news, olds);
    return withInterruption(withLxdFates(withImages(moved), news), olds);
  },
  guard: guardVm,
  says(changes, news, olds) {
    const lines = [interruptionNotice(news, olds), restartNotice(changes, news)];
    return lines.filter((line) => line !== undefined).join("\n") || undefined;
  },
  place: (news, olds, context) => plan.planVm(news, olds, context),
  admit: (news, olds, context) => plan.judgeVm(news, olds, context),
  existing: { noun: "VM", find: knownVm },
  foresee: (changes, news, olds, context) => foresight.foreseeVm(changes, news, olds, context),
  never: (news) => foresight.neverOfVm(news),
  create: (spec, context) => act.createVm(spec, context),
  read: readVm,
  update: (id, spec, olds, context) => act.updateVm(id, spec, olds, context),
  delete: (id, outs, context) => act.removeVm(id, outs, context),
};
