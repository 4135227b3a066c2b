import * as pulumi from "@pulumi/pulumi";
import type { HostInventory } from "../lifecycle/ask/answers";
import { answered } from "./question";
import type { HostConnection } from "./refs";

export type { HostInventory };

/** What is on a host now. Loaded on first use: most programs never ask, and the drivers cost time to load. */
export function inventoryOf(connection: pulumi.Input<HostConnection>): pulumi.Output<HostInventory> {
  const config = new pulumi.Config("vmhost");
  const reader = { get: (key: string): string | undefined => config.get(key.replace(/^vmhost:/, "")) };
  return answered(pulumi.output(connection), async (host) => {
    const { inventory } = require("../runtime") as typeof import("../runtime");
    return inventory(host, reader);
  });
}
