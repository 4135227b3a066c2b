import { objectOf, type Complaint } from "../../../schema/table/gate";
import { vmFields, vmRules } from "../../../schema/vm";
import type { Plain } from "../../engine/state";
import { hostComplaints } from "../../host/can";
import type { CheckedInputs, Context } from "../../kind/handler";
import { moveComplaints } from "../act/move";
import { renameComplaints } from "../act/rename";
import { tellAdopted } from "../adoption";
import { checkGuest } from "../guest";
import { admitVm } from "./admission";
import { exclusiveComplaints } from "./exclusive";
import { filterComplaints } from "./filters";
import { functionComplaints } from "./functions";
import { deviceComplaints } from "./hostDevices";
import { imageVm } from "./image";
import { tellSameMacs } from "./macs";
import { netbootOf } from "./netboot";
import { attachVm } from "./networks";
import { tellNuma, tieVm } from "./numa";
import { parentComplaints } from "./parents";
import { placeVm } from "./place";
import { poolVm } from "./pools";
import { uuidComplaints } from "./uuids";
import { wiringComplaints } from "./wiring";

export const vmType = objectOf(vmFields, vmRules);

/** Decides what only hosts can tell: on which of several the VM goes, and what of that one it gets. */
export async function planVm(news: Plain, olds: Plain, context: Context): Promise<CheckedInputs> {
  const imaged = await imageVm(news);
  if (imaged.complaints.length > 0) return imaged;
  const placed = await placeVm(imaged.inputs, olds, context);
  if (placed.complaints.length > 0) return placed;
  const tied = await tieVm(placed.inputs, olds, context);
  const attached = await attachVm(tied.inputs, olds, context);
  const { inputs, complaints } =
    attached.complaints.length > 0 ? attached : await netbootOf(attached.inputs, olds, context);
  tellSameMacs(inputs);
  await tellNuma(inputs, olds, context);
  const pooled = await poolVm(inputs, olds, context);
  const held = await checkGuest(pooled.inputs, olds);
  return {
    inputs: held.inputs,
    complaints: [
      ...tied.complaints,
      ...complaints,
      ...(await uuidComplaints(inputs, olds, context)),
      ...(await parentComplaints(inputs, olds, context)),
      ...pooled.complaints,
      ...(await filterComplaints(inputs, olds, context)),
      ...(await wiringComplaints(inputs, olds, context)),
      ...(await exclusiveComplaints(inputs, olds, context)),
      ...(await deviceComplaints(inputs, olds, context)),
      ...(await functionComplaints(inputs, olds, context)),
      ...(await hostComplaints(inputs, olds, context)),
      ...held.complaints,
    ],
  };
}

/** What the host would not do with the VM as it is planned now. */
export async function judgeVm(news: Plain, olds: Plain, context: Context): Promise<readonly Complaint[]> {
  const missing = await tellAdopted(news, olds, context, (given) => complaintsOf(news, given));
  if (missing.length > 0) return missing;
  return [
    ...(await renameComplaints(news, olds, context)),
    ...(await moveComplaints(news, olds, context)),
    ...(await admitVm(news, olds, context)),
  ];
}

/** What the gate has to say of a description of the VM. */
function complaintsOf(news: Plain, given: Plain): readonly Complaint[] {
  const { host, owner, name, adopt } = news;
  const result = vmType.safeParse({ ...given, host, owner, name, adopt });
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => ({ path: path as (string | number)[], message }));
}
