import { registerDriver } from "../../../provider/driver/connect";
import type { HostDriver } from "../../../provider/driver/contract";
import type { CheckResult } from "../../../provider/lifecycle/engine/check";
import { providerFor } from "../../../provider/lifecycle/engine/provider";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { vm } from "../../../provider/lifecycle/vm";
import { vmHost } from "../../../provider/lifecycle/vmHost";

const hosts = new Map<string, () => HostDriver>();
registerDriver("libvirt", ({ address }) => {
  const open = hosts.get(address);
  if (open === undefined) throw new Error(`no host at ${address}`);
  return open();
});

let count = 0;

/** The settings of a host that `open` leads to; every call is another machine that runs Pulumi, as far as we can tell. */
export function machineAt(open: () => HostDriver, settings: Plain = {}): Plain {
  const address = `qemu+tcp://memory${count++}/system`;
  hosts.set(address, open);
  return { address, name: "kvm1", retries: 0, ...settings };
}

/** A stack as the engine runs it: each resource checked, then made or changed. */
export class Stack {
  readonly state = new Map<string, { id: string; inputs: Plain; outs: Plain }>();
  private readonly vms = providerFor(vm);
  private readonly hosts = providerFor(vmHost);

  constructor(readonly name: string) {}

  checkHost(news: Plain, olds: Plain = {}): Promise<CheckResult> {
    return this.hosts.check(olds, news);
  }

  check(name: string, args: Plain): Promise<CheckResult> {
    const olds = this.state.get(name)?.inputs ?? {};
    return this.vms.check(olds, { ...args, owner: `shop/${this.name}/Vm/${name}` });
  }

  /** The reasons of a preview for refusing it; none, when it would be made. */
  async preview(name: string, args: Plain): Promise<string[]> {
    return (await this.check(name, args)).failures.map(({ property, reason }) =>
      property === "" ? reason : `${property}: ${reason}`,
    );
  }

  async diff(name: string, args: Plain): Promise<boolean> {
    const { id, outs } = this.of(name);
    return (await this.vms.diff(id, outs, (await this.check(name, args)).inputs)).changes;
  }

  /** Past the preview, as another stack's VM can have been made after it. */
  async up(name: string, args: Plain): Promise<void> {
    const { inputs } = await this.check(name, args);
    const before = this.state.get(name);
    if (before === undefined) {
      const { id, outs } = await this.vms.create(inputs);
      this.state.set(name, { id, inputs, outs });
    } else {
      const { outs } = await this.vms.update(before.id, before.outs, inputs);
      this.state.set(name, { id: before.id, inputs, outs });
    }
  }

  async down(name: string): Promise<void> {
    const { id, outs } = this.of(name);
    await this.vms.delete(id, outs);
    this.state.delete(name);
  }

  private of(name: string): { id: string; inputs: Plain; outs: Plain } {
    const found = this.state.get(name);
    if (found === undefined) throw new Error(`${name} was not made`);
    return found;
  }
}
