import { expect } from "@jest/globals";
import type { ObservedVm } from "../../../provider/driver/contract";
import { changesBetween, formatPath } from "../../../provider/lifecycle/engine/diff";
import { drifted, toState, type Plain } from "../../../provider/lifecycle/engine/state";
import { readDomain } from "../../../provider/libvirt/xml/domain/read";
import { parseXml } from "../../../provider/libvirt/xml/tree";
import { vmFields } from "../../../provider/schema/vm";
import type { VmBench } from "./vms-bench";

/** Fields in which what the host tells differs from what the program says: none, or a preview would not be clean. */
export function drift(spec: object, observed: ObservedVm): string[] {
  const inputs = toState(spec as Plain);
  const found = drifted(vmFields, inputs, observed.spec as Plain);
  return changesBetween(vmFields, inputs, found).map(({ path }) => formatPath(path));
}

const lines = (xml: string): string[] => xml.split("\n").sort();

/** A VM that is only defined: what it has, what it gets, and what it is again without it. */
export async function defined(bench: VmBench, name: string, input: Plain): Promise<string> {
  const spec = bench.spec(name, input);
  const made = await bench.create(spec);
  expect(drift(spec, made)).toEqual([]);
  const xml = await bench.xml(name, "--inactive", "--security-info");
  // Said again it is the same definition; not said any more it is the one of a VM that never said it.
  const again = await bench.change(made, bench.spec(name, input, spec));
  // libvirt puts controllers that it has added itself into another order when it reads them again.
  expect(lines(await bench.xml(name, "--inactive", "--security-info"))).toEqual(lines(xml));
  expect(drift(spec, again)).toEqual([]);
  const bare = bench.spec(name, {}, spec);
  const changed = await bench.change(made, bare);
  expect(drift(bare, changed)).toEqual([]);
  const left = readDomain(parseXml(await bench.xml(name, "--inactive")));
  await bench.driver.vms.remove(made.id);
  await bench.create(bench.spec(name));
  expect(left).toEqual(readDomain(parseXml(await bench.xml(name, "--inactive"))));
  await bench.removeAll();
  return xml;
}
