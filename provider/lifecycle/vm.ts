import { vmFields, type VmSpec } from "../schema/vm";
import type { Handler } from "./kind/handler";
import { createVm } from "./vm/act/create";
import { withMove } from "./vm/act/move";
import { removeVm } from "./vm/act/remove";
import { updateVm } from "./vm/act/update";
import { adoptedChanges, knownVm } from "./vm/adoption";
import { withDrives } from "./vm/drives";
import { foreseeVm, neverOfVm } from "./vm/foresee";
import { guardVm } from "./vm/guard";
import { interruptionNotice, withInterruption } from "./vm/interrupted";
import { restartNotice } from "./vm/notice";
import { withLxdFates } from "./vm/onLxd";
import { judgeVm, planVm, vmType } from "./vm/plan";
import { withImages } from "./vm/plan/image";
import { readVm } from "./vm/read";
import { fillVm, shapeVm } from "./vm/shape";

export const vm: Handler<VmSpec> = {
  kind: "Vm",
  fields: vmFields,
  type: vmType,
  shape: shapeVm,
  fill: fillVm,
  refine(changes, news, olds) {
    const moved = withMove(withDrives(adoptedChanges(changes, news, olds), news, olds), news, olds);
    return withInterruption(withLxdFates(withImages(moved), news), olds);
  },
  guard: guardVm,
  says(changes, news, olds) {
    const lines = [interruptionNotice(news, olds), restartNotice(changes, news)];
    return lines.filter((line) => line !== undefined).join("\n") || undefined;
  },
  place: planVm,
  admit: judgeVm,
  existing: { noun: "VM", find: knownVm },
  foresee: foreseeVm,
  never: neverOfVm,
  create: createVm,
  read: readVm,
  update: updateVm,
  delete: removeVm,
};
