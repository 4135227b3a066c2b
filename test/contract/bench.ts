import { expect } from "@jest/globals";
import type { HostDriver, Named, NamedSnapshotSpec, NamedVmSpec } from "../../provider/driver/contract";
import { hasCode, isDriverError, type ErrorCode } from "../../provider/driver/errors";
import { check } from "../../provider/lifecycle/engine/check";
import { changesBetween, formatPath } from "../../provider/lifecycle/engine/diff";
import type { Handler } from "../../provider/lifecycle/kind/handler";
import { libvirtNetwork } from "../../provider/lifecycle/libvirtNetwork";
import { drifted, type Plain } from "../../provider/lifecycle/engine/state";
import { snapshot } from "../../provider/lifecycle/snapshot";
import { storagePool } from "../../provider/lifecycle/storagePool";
import { storageVolume } from "../../provider/lifecycle/storageVolume";
import { vm } from "../../provider/lifecycle/vm";
import { lxdNetwork } from "../../provider/lifecycle/lxdNetwork";
import type { LibvirtNetworkSpec } from "../../provider/schema/libvirtNetwork";
import type { LxdNetworkSpec } from "../../provider/schema/lxdNetwork";
import type { StoragePoolSpec } from "../../provider/schema/storagePool";
import type { StorageVolumeSpec } from "../../provider/schema/storageVolume";
import type { Missing, Setup, Witness } from "./setup";

/** Texts that mean something to XML, to shells and to nobody. */
export const ODD_TEXT = `it's <b>"odd"</b> & größer – 試験 🐧`;

/** The same as a name, which has no slash. */
export const ODD_NAME = ODD_TEXT.replaceAll("/", "|");

/** What every test of the suite works with: a host, specs that have passed the gate, and names nobody else uses. */
export class Bench {
  private count = 0;

  constructor(
    private readonly setup: Setup,
    readonly missing: Missing,
  ) {}

  get driver(): HostDriver {
    return this.setup.driver;
  }

  get witness(): Witness {
    return this.setup.witness;
  }

  session(): HostDriver {
    return this.setup.session();
  }

  /** A name that no other test uses. */
  name(label: string): string {
    return `${label}-${++this.count}`;
  }

  /** A name that is hard to carry, where the host takes such names. */
  oddName(): string {
    return this.name(this.missing.oddNames === undefined ? ODD_NAME : "plain");
  }

  /** Disks by the keys under which the witness shows them: targets, or their names where there are no targets. */
  at<T>(disks: Readonly<Record<string, readonly [name: string, value: T]>>): Record<string, T> {
    const named = this.missing.deviceModels !== undefined;
    return Object.fromEntries(
      Object.entries(disks).map(([target, [name, value]]) => [named ? name : target, value]),
    );
  }

  /** A network for VMs, and what takes it away again. */
  async lan(): Promise<{ name: string; remove(): Promise<void> }> {
    const { lans, driver } = this.setup;
    if (lans !== undefined)
      return { name: lans[++this.count % lans.length] ?? "", remove: async () => undefined };
    const spec = this.network(this.name("lan"), { active: false, autostart: false });
    const { id } = await driver.networks.create(spec, { owner: spec.owner });
    return { name: spec.name, remove: () => driver.networks.remove(id) };
  }

  get hotCores(): number {
    return this.setup.hotCores ?? 3;
  }

  get stateful(): Readonly<Record<string, unknown>> {
    return this.setup.stateful ?? {};
  }

  get restart(): NonNullable<Setup["restart"]> {
    const byDefault = { before: { cores: 1, maxCores: 2 }, after: { cores: 4, maxCores: 4 }, field: "cores" };
    return this.setup.restart ?? byDefault;
  }

  /** A volume that a VM can have as a disk. */
  diskVolume(pool: string, name: string, input: Plain = {}): Named<StorageVolumeSpec> {
    return this.volume(pool, name, { ...this.setup.diskVolume, ...input });
  }

  poolPath(name: string): string | undefined {
    return this.setup.poolPath(name);
  }

  /** A subnet of its own for each network. */
  subnet(): string {
    return `10.213.${++this.count}`;
  }

  owner(kind: string, name: string): string {
    return `contract/suite/${kind}/${name}`;
  }

  network(name: string, input: Plain = {}, olds: Plain = {}): Named<LibvirtNetworkSpec> {
    return this.pass(libvirtNetwork, "LibvirtNetwork", name, input, olds);
  }

  lxdNetwork(name: string, input: Plain = {}, olds: Plain = {}): Named<LxdNetworkSpec> {
    return this.pass(lxdNetwork, "LxdNetwork", name, input, olds);
  }

  pool(name: string, input: Plain = {}, olds: Plain = {}): Named<StoragePoolSpec> {
    return this.pass(storagePool, "StoragePool", name, { path: this.poolPath(name), ...input }, olds);
  }

  volume(pool: string, name: string, input: Plain = {}, olds: Plain = {}): Named<StorageVolumeSpec> {
    return this.pass(storageVolume, "StorageVolume", name, { pool, ...input }, olds);
  }

  vm(name: string, input: Plain = {}, olds: object = {}): NamedVmSpec {
    return this.pass(
      vm,
      "Vm",
      name,
      { memory: 64, ...this.setup.vm, ...(this.setup.shape?.(input) ?? input) },
      olds as Plain,
    );
  }

  snapshot(vm: string, name: string, input: Plain = {}): NamedSnapshotSpec {
    return { ...this.pass(snapshot, "Snapshot", name, { vm, ...input }, {}), vm };
  }

  /** The inputs as a driver gets them: checked, with every default, MAC and target filled in. */
  private pass<S extends { name: string | undefined }>(
    handler: Handler<S>,
    kind: string,
    name: string,
    input: Plain,
    olds: Plain,
  ): Named<S> {
    const news = { host: { address: this.setup.address }, owner: this.owner(kind, name), name, ...input };
    const { inputs, failures } = check(handler as unknown as Handler<never>, olds, news);
    if (failures.length > 0)
      throw new Error(`The gate refuses the test's input: ${JSON.stringify(failures)}`);
    return inputs as unknown as Named<S>;
  }
}

const HANDLERS = {
  vm,
  network: libvirtNetwork,
  lxdNetwork,
  pool: storagePool,
  volume: storageVolume,
  snapshot,
};

/** A refresh right after would find nothing changed, and the host told the fields that are named. */
export function expectTold(
  kind: keyof typeof HANDLERS,
  spec: object,
  told: object,
  ...fields: readonly string[]
): void {
  const { fields: table } = HANDLERS[kind];
  const inputs = spec as Plain;
  const changes = changesBetween(table, inputs, drifted(table, inputs, told as Plain));
  expect(changes.map(({ path, before, after }) => ({ path: formatPath(path), before, after }))).toEqual([]);
  expect(fields.filter((field) => (told as Plain)[field] === undefined)).toEqual([]);
}

/** The promise fails with a driver error of this code, in words. */
export async function expectCode(promise: Promise<unknown>, ...codes: readonly ErrorCode[]): Promise<void> {
  const error: unknown = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!isDriverError(error))
    throw error ?? new Error(`expected a failure with code ${codes.join(" or ")}, but it succeeded`);
  expect({ code: error.code, expected: hasCode(error, ...codes), message: error.message }).toEqual({
    code: error.code,
    expected: true,
    message: error.message,
  });
  expect(error.message).not.toBe("");
}

/** The bench is there once the tests run, not yet while they are declared. */
export type CurrentBench = () => Bench;
