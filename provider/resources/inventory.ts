import * as pulumi from "@pulumi/pulumi";
import type { HostInventory } from "../lifecycle/ask/answers";
import { answered } from "./question";
import type { HostConnection } from "./refs";

export type { HostInventory };

/** What is on a host now, without its network devices. Loaded on first use: most programs never ask, and the drivers cost time to load. */
export function inventoryOf(
  connection: pulumi.Input<HostConnection>,
): pulumi.Output<Omit<HostInventory, "interfaces">> {
  const reader = configReader();
  return answered(pulumi.output(connection), async (host) => runtime().inventory(host, reader));
}

/** The network devices of a host now. */
export function interfacesOf(
  connection: pulumi.Input<HostConnection>,
): pulumi.Output<HostInventory["interfaces"]> {
  const reader = configReader();
  return answered(pulumi.output(connection), async (host) => runtime().interfacesOf(host, reader));
}

/** The stack's settings of this package. */
export function configReader(): { get(key: string): string | undefined } {
  const config = new pulumi.Config("vmhost");
  return { get: (key) => config.get(key.replace(/^vmhost:/, "")) };
}

function runtime(): typeof import("../runtime") {
  return require("../runtime") as typeof import("../runtime");
}
