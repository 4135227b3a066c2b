import { asOnOff, at, type Bindings } from "../bind";

/** `<driver iommu ats packed>` of a virtio device. */
export const virtioBindings: Bindings = {
  iommu: at("driver@iommu", asOnOff),
  ats: at("driver@ats", asOnOff),
  packed: at("driver@packed", asOnOff),
};
