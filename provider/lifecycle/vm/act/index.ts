export { createVm } from "./create";
export { removeVm } from "./remove";
export { updateVm } from "./update";
