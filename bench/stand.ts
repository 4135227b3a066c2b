import { randomBytes } from "node:crypto";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run } from "../scripts/lib/command.ts";
import { poolPath, type ThrowawayHost } from "../scripts/lib/throwaway-host.ts";
import { ownHost, placeGuest } from "../test/support/host.ts";
import { Program, type Outcome } from "../test/support/pulumi.ts";
import { NO_OVERLAYS, NOTHING, OVERLAYS, VMS } from "./programs.ts";

/** A throwaway host with what the measured programs need on it. */
export interface Stand {
  readonly host: ThrowawayHost;
  /** Firmware that halts at once, as the host sees it. */
  readonly rom: string;
  /** An empty image of 16 MiB on this machine. */
  readonly image: string;
  readonly poolPath: string;
}

let stand: Promise<Stand> | undefined;

/** One host for all figures of a run. */
export function theStand(): Promise<Stand> {
  stand ??= setUp();
  return stand;
}

async function setUp(): Promise<Stand> {
  const host = await ownHost({ name: "bench" });
  const { haltRom } = await placeGuest(host);
  // libvirtd looks at each QEMU once and keeps what it saw: whoever is measured first must not pay for it.
  await host.virsh(["capabilities"]);
  await host.virsh(["domcapabilities"]);
  const image = join(tmpdir(), `vmhost-bench-${randomBytes(4).toString("hex")}.qcow2`);
  await run(["qemu-img", "create", "-q", "-f", "qcow2", image, "16M"]);
  return { host, rom: haltRom, image, poolPath: join(poolPath, "bench") };
}

export async function takeDown(): Promise<void> {
  if (stand === undefined) return;
  const { host, image } = await stand;
  stand = undefined;
  await host.stop();
  await rm(image, { force: true });
}

export interface Measured {
  readonly count: number;
  readonly address?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Overlays on one base, and nothing else. */
export function overlaysProgram(at: Stand, measured: Measured): Program {
  return measuredProgram(OVERLAYS, at, measured);
}

/** The shadow of that. */
export function noOverlaysProgram(at: Stand, measured: Measured): Program {
  return measuredProgram(NO_OVERLAYS, at, measured);
}

/** The measured program on the stand's host. */
export function vmsProgram(at: Stand, measured: Measured, source = VMS): Program {
  return measuredProgram(source, at, measured);
}

/** Its shadow, which leaves nothing but the engine's own time. */
export function nothingProgram(at: Stand, measured: Measured, source = NOTHING): Program {
  return measuredProgram(source, at, measured);
}

function measuredProgram(source: string, at: Stand, measured: Measured): Program {
  return new Program({
    name: "bench",
    source,
    config: configOf(at, measured),
    env: measured.env,
    wholeSdk: true,
  });
}

function configOf({ host, rom, image, poolPath }: Stand, { count, address }: Measured) {
  return { address: address ?? host.address, rom, image, poolPath, count };
}

/** Milliseconds of a command that must succeed. */
export async function took(outcome: Promise<Outcome>): Promise<number> {
  const { code, stdout, stderr, durationMs } = await outcome;
  if (code !== 0) throw new Error(`the measured command ended with ${code}\n${stdout}${stderr}`);
  return durationMs;
}
