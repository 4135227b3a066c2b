import { join } from "node:path";
import { tmpdir } from "node:os";
import { ensureGuest, type Guest } from "../../scripts/lib/guest.ts";
import { ensureBootDisk, ensureHaltRom } from "../../scripts/lib/guest-disk.ts";
import {
  findHost,
  startHost,
  type HostOptions,
  type ThrowawayHost,
} from "../../scripts/lib/throwaway-host.ts";

/**
 * One throwaway host for all test files of this process. Jest loads every file's modules anew, so the host is found again by
 * its folder, which is named after the process; it ends with that process, and test/support/teardown.ts removes it.
 */
export function sharedHost(): Promise<ThrowawayHost> {
  shared ??= findOrStart();
  return shared;
}

let shared: Promise<ThrowawayHost> | undefined;

async function findOrStart(): Promise<ThrowawayHost> {
  const dir = join(tmpdir(), `vmhost-jest-${process.pid}`);
  const found = await findHost(dir);
  if (found === undefined) return startHost({ dir, name: "shared" });
  if (await found.answers()) return found;
  // One file's misfortune is not the next one's; that it happened must be seen.
  process.stderr.write(
    `The shared host's libvirtd does not answer, and is started again:\n${await found.logTail()}\n`,
  );
  await found.restartDaemon();
  return found;
}

/** A host of a test's own, for tests that kill it or need two; the test stops it. */
export function ownHost(options: HostOptions = {}): Promise<ThrowawayHost> {
  return startHost(options);
}

/** The guest's files, copied to where a host's QEMU may read them. */
export interface PlacedGuest extends Guest {
  haltRom: string;
}

export async function placeGuest(host: ThrowawayHost): Promise<PlacedGuest> {
  const guest = await ensureGuest();
  const [kernel, initrd, initrdWithAgent, haltRom] = await Promise.all([
    host.place(guest.kernel),
    host.place(guest.initrd),
    host.place(guest.initrdWithAgent),
    ensureHaltRom(guest).then((file) => host.place(file)),
  ]);
  return { kernel, initrd, initrdWithAgent, haltRom, commandLine: guest.commandLine };
}

/** The disk that UEFI firmware boots, as a file of this machine (to be uploaded, or placed). */
export async function bootDisk(): Promise<string> {
  return ensureBootDisk(await ensureGuest());
}
