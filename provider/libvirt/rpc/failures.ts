import { DriverError } from "../../driver/errors";

/** The failures that this side finds by itself, in one place so that they speak with one voice. */

export const seconds = (milliseconds: number): string => `${Math.round(milliseconds / 100) / 10} s`;

export const lost = (message: string, cause?: unknown): DriverError =>
  new DriverError(message, { code: "connection-lost", cause });

export const malformed = (cause: unknown): DriverError =>
  new DriverError(
    `The host broke the libvirt protocol: ${cause instanceof Error ? cause.message : String(cause)}`,
    {
      code: "failed",
      cause,
    },
  );

export const openTimeout = (timeoutMs: number): DriverError =>
  new DriverError(`The host accepted the connection but did not answer within ${seconds(timeoutMs)}`, {
    code: "timeout",
  });

export const callTimeout = (procedure: string, timeoutMs: number): DriverError =>
  new DriverError(`The host did not answer ${procedure} within ${seconds(timeoutMs)}`, { code: "timeout" });

export const stalled = (procedure: string, stallMs: number): DriverError =>
  new DriverError(`The host made no progress with ${procedure} for ${seconds(stallMs)}`, { code: "timeout" });

export const aborted = (procedure: string, signal: AbortSignal | undefined): DriverError =>
  new DriverError(`${procedure} was given up`, { code: "failed", cause: signal?.reason });
