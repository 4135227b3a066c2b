import * as pulumi from "@pulumi/pulumi";
import type { HostInventory } from "../lifecycle/ask/answers";
import type { HostConnection } from "./refs";

export type { HostInventory };

/** What is on a host now. Loaded on first use: most programs never ask, and the drivers cost time to load. */
export function inventoryOf(connection: pulumi.Input<HostConnection>): pulumi.Output<HostInventory> {
  const config = new pulumi.Config("vmhost");
  const reader = { get: (key: string): string | undefined => config.get(key.replace(/^vmhost:/, "")) };
  return pulumi.output(connection).apply(async (host) => {
    const { inventory } = require("../runtime") as typeof import("../runtime");
    try {
      return await inventory(host, reader);
    } catch (error) {
      throw new pulumi.RunError(error instanceof Error ? error.message : String(error));
    }
  });
}
