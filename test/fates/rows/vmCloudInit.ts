import { row, type Look, type Row, withoutGroup, type RowOptions } from "../row";

/** The image in the running guest's drive; what stands in an ISO image is as it was written. */
async function seed({ live, file }: Look): Promise<string> {
  const [, path] = /<source file='([^']+\.iso)'/.exec(live) ?? [];
  return path === undefined ? "no seed" : file(path);
}

const data = (field: string, a: unknown, b: unknown, shows: RegExp, more: RowOptions = {}): Row =>
  row("Vm", `cloudInit.${field}`, a, b, shows, { on: "running-seed", where: seed, ...more });

export const rows: readonly Row[] = [
  data("metaData", "a: 1", "a: 2", /a: 2/),
  data("networkConfig", "version: 1", "version: 2", /version: 2/),
  data("userData", "#cloud-config\n{}", "#cloud-config\n{a: 1}", /#cloud-config\n\{a: 1\}/),
  // A drive that was not there waits for the next start: the definition has it.
  withoutGroup(
    data("userData", "", "#cloud-config\n{b: 1}", /-seed-[0-9a-f]+\.iso/, {
      on: "running-seedless",
      where: async ({ xml, live }) => (/\.iso'/.test(live) ? "at once" : xml),
    }),
  ),
];
