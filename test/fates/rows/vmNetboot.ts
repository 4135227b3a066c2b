import { row, type Row } from "../row";

export const rows: readonly Row[] = [
  row("Vm", "netboot", false, true, /<boot dev='network'\/>\s*<boot dev='hd'\/>/, {
    on: "netboot",
    needs: { interfaces: [{ name: "boot", bridge: "br-a" }] },
  }),
];
