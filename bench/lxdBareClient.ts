import { Agent, request } from "undici";
import { inFlight, timed } from "./figures.ts";

/** As many requests at a time as ours has connections. */
const WIDTH = 8;

/** An instance as it was made by the measured program, and is made again by the bare client. */
export interface Model {
  readonly name: string;
  readonly type: string;
  readonly config: Readonly<Record<string, string>>;
  readonly devices: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly profiles: readonly string[];
}

/** Requests and nothing else: HTTP over the socket, and `/wait` for what goes on in the background. */
export class BareClient {
  private readonly dispatcher: Agent;

  constructor(socketPath: string) {
    this.dispatcher = new Agent({ connections: WIDTH, connect: { socketPath } });
  }

  async ask<T>(method: "GET" | "POST" | "PUT" | "DELETE", path: string, body?: object): Promise<T> {
    const answer = await request(`http://lxd${path}`, {
      dispatcher: this.dispatcher,
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const told = (await answer.body.json()) as {
      type: string;
      error?: string;
      operation?: string;
      metadata: T;
    };
    if (told.type === "error") throw new Error(`${method} ${path}: ${told.error}`);
    if (told.type !== "async") return told.metadata;
    const { err, status_code: status } = await this.ask<{ err?: string; status_code: number }>(
      "GET",
      `${told.operation}/wait`,
    );
    if (status !== 200) throw new Error(`${method} ${path}: ${err}`);
    return told.metadata;
  }

  models(): Promise<readonly Model[]> {
    return this.ask("GET", "/1.0/instances?recursion=1");
  }

  /** Makes and starts all of them; milliseconds. */
  async makeAll(models: readonly Model[], alias: string): Promise<number> {
    const { ms } = await timed(() =>
      inFlight(
        WIDTH,
        models.map(({ name, type, config, devices, profiles }) => async () => {
          const own = Object.entries(config).filter(([key]) => !/^(volatile|image)\./.test(key));
          await this.ask("POST", "/1.0/instances", {
            name,
            type,
            source: { type: "image", alias },
            config: Object.fromEntries(own),
            devices,
            profiles,
          });
          await this.ask("PUT", `/1.0/instances/${name}/state`, { action: "start", timeout: 30 });
        }),
      ),
    );
    return ms;
  }

  /** Looks at each of them; milliseconds. */
  async readAll(models: readonly Model[]): Promise<number> {
    const { ms } = await timed(() =>
      inFlight(
        WIDTH,
        models.map(
          ({ name }) =>
            () =>
              this.ask("GET", `/1.0/instances/${name}`),
        ),
      ),
    );
    return ms;
  }

  /** Stops and removes all of them; milliseconds. */
  async removeAll(models: readonly Model[]): Promise<number> {
    const { ms } = await timed(() =>
      inFlight(
        WIDTH,
        models.map(({ name }) => async () => {
          await this.ask("PUT", `/1.0/instances/${name}/state`, { action: "stop", timeout: 30, force: true });
          await this.ask("DELETE", `/1.0/instances/${name}`);
        }),
      ),
    );
    return ms;
  }

  close(): Promise<void> {
    return this.dispatcher.close();
  }
}
