import { createRequire } from "node:module";
import { join } from "node:path";
import { checkoutDir } from "../scripts/lib/paths.ts";
import type { HostDriver } from "../provider/driver/contract.ts";
import type { openContent } from "../provider/lifecycle/content/open.ts";
import { main } from "../scripts/lib/progress.ts";
import { timed } from "./figures.ts";

/** What the provider does for a StorageVolume with a `source`, in a process of its own. Arguments: address, pool, file. */
const load = createRequire(join(checkoutDir(), "package.json"));
const { createLibvirtDriver } = load("./dist/libvirt/index.js") as {
  createLibvirtDriver: (connection: unknown) => HostDriver;
};
const content = load("./dist/lifecycle/content/open.js") as { openContent: typeof openContent };
const { hostFields } = load("./dist/schema/address/connection.js") as { hostFields: unknown };
const { objectOf } = load("./dist/schema/table/gate.js") as {
  objectOf: (fields: unknown) => { parse(value: unknown): unknown };
};

const [address, pool = "", source = ""] = process.argv.slice(2);
const driver = createLibvirtDriver(objectOf(hostFields).parse({ address }));
const owner = "bench/dev/StorageVolume/sent";
const spec = { pool, name: "sent", source, owner } as Parameters<HostDriver["volumes"]["create"]>[0];
main(async () => {
  const { ms } = await timed(async () =>
    driver.volumes.create(spec, { owner }, await content.openContent(source, {})),
  );
  await driver.volumes.remove(pool, "sent");
  await driver.close();
  process.stdout.write(String(ms));
});
