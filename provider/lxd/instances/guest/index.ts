import type { GuestDriver } from "../../../driver/contract";
import { at, type LxdClient } from "../../api/client";
import type { Instance, InstanceState } from "../../objects";
import { run } from "./exec";
import { Files } from "./files";
import type { Finder } from "../find";

/** The inside of instances: of containers it is always open, of virtual machines lxd-agent opens it. */
export function createGuestDriver(client: LxdClient, finder: Finder): Required<GuestDriver> {
  const named = (id: string, operation: string): Promise<Instance> => finder.need(id, operation);
  const files = async (id: string): Promise<Files> => new Files(client, (await named(id, "reach into")).name);
  return {
    async ready(id) {
      const { name } = await named(id, "look at");
      const { status, processes = -1 } = await client.get<InstanceState>(`${at("instances", name)}/state`);
      // Nobody but the agent can count the processes of a virtual machine.
      return status === "Running" && processes >= 0;
    },
    inside: {
      needsAgent: async (id) => (await named(id, "look at")).type === "virtual-machine",
      life: async (id) => (await named(id, "look at")).last_used_at ?? "",
      write: async (id, file) => (await files(id)).write(file),
      remove: async (id, path) => (await files(id)).remove(path),
      run: async (id, command) => run(client, (await named(id, "run a command in")).name, command),
    },
  };
}
