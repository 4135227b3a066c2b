/** What every answer of LXD looks like; `type` decides what it is, never the endpoint or the status alone. */
export interface Envelope {
  readonly type?: "sync" | "async" | "error";
  readonly status_code?: number;
  readonly error_code?: number;
  readonly error?: string;
  readonly operation?: string;
  readonly metadata?: unknown;
}

/** A background operation, as answers, `/wait` and events show it. */
export interface Operation {
  readonly id: string;
  readonly status_code: number;
  readonly err?: string;
  readonly metadata?: Readonly<Record<string, unknown>> | null;
}

export const SUCCESS = 200;
export const CANCELLED = 401;

/** Below 200 an operation is still under way. */
export function isFinished({ status_code: code }: Operation): boolean {
  return code >= SUCCESS;
}
