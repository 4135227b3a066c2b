import { kept, type Row } from "../row";

export const rows: readonly Row[] = [
  kept("Vm", "cloudInit.metaData", "a: 1", "a: 2"),
  kept("Vm", "cloudInit.networkConfig", "version: 1", "version: 2"),
  kept("Vm", "cloudInit.userData", "#cloud-config\n{}", "#cloud-config\n{a: 1}"),
];
