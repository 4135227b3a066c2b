import { isFinished, type Operation } from "./answers";
import { at, type LxdClient } from "./client";

/** An operation as the server's list shows it. */
export interface Listed extends Operation {
  readonly description: string;
  /** Paths of what it is about, by kind; not every operation says so. */
  readonly resources?: Readonly<Record<string, readonly string[] | null>> | null;
}

/** What the server is at, whoever has asked for it and whether they are still there. */
export async function underWay(client: LxdClient): Promise<readonly Listed[]> {
  const all = await client.get<Readonly<Record<string, readonly Listed[] | null>>>(at("operations"), {
    recursion: "1",
  });
  return Object.values(all)
    .flatMap((some) => some ?? [])
    .filter((operation) => !isFinished(operation));
}

/** The paths of what an operation is about, without their queries. */
export function aboutWhat({ resources }: Listed): readonly string[] {
  return Object.values(resources ?? {}).flatMap((paths) =>
    (paths ?? []).map((path) => path.split("?")[0] ?? ""),
  );
}

/** Waits for an operation, for so many seconds at most; one that is gone has ended. */
export async function endOf(client: LxdClient, { id }: Listed, seconds: number): Promise<void> {
  await client.find(`${at("operations", id)}/wait`, { timeout: String(seconds) });
}
