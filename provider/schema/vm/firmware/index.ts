import type { Fields } from "../../table/field";
import { fwCfg, ignition } from "./fwCfg";
import { smbios } from "./smbios";
import { iommu, launchSecurity, tpm } from "./trust";
import { firmware } from "./uefi";

/** What the machine is before a system runs on it. */
export const firmwareGroups = {
  firmware,
  tpm,
  iommu,
  smbios,
  fwCfg,
  ignition,
  launchSecurity,
} satisfies Fields;
