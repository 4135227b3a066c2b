import type { Benchmark } from "./figures.ts";
import { theStand, took, vmsProgram } from "./stand.ts";

const SHELL_LIMIT = 2048;
const STATE_LIMIT = 4096;

interface Sizes {
  /** Bytes of the longest text of code in state. */
  readonly shell: number;
  /** Bytes of a Vm's inputs and outputs, that text included. */
  readonly state: number;
}

let measured: Promise<Sizes> | undefined;

function sizes(): Promise<Sizes> {
  measured ??= measure();
  return measured;
}

async function measure(): Promise<Sizes> {
  const program = vmsProgram(await theStand(), { count: 1 });
  try {
    await took(program.up());
    const { resources = [] } = (await program.exportState()).deployment;
    const ours = resources.filter(({ type }) => type.startsWith("pulumi-nodejs:dynamic/vmhost:"));
    const vm = ours.find(({ type }) => type.endsWith(":Vm"));
    if (vm === undefined) throw new Error("no Vm in state");
    await took(program.destroy());
    return {
      shell: Math.max(...ours.map(({ inputs }) => Buffer.byteLength(String(inputs?.["__provider"])))),
      state: Buffer.byteLength(JSON.stringify(vm.inputs)) + Buffer.byteLength(JSON.stringify(vm.outputs)),
    };
  } finally {
    await program.dispose();
  }
}

export const sizeFigures: readonly Benchmark[] = [
  {
    name: "shell-bytes",
    about: "the code kept in state of each resource / 2048 bytes",
    run: async () => {
      const { shell } = await sizes();
      return { name: "shell-bytes", ratio: shell / SHELL_LIMIT, limit: 1, detail: `${shell} bytes` };
    },
  },
  {
    name: "vm-state-bytes",
    about: "the state of a Vm with one disk and one interface / 4096 bytes",
    run: async () => {
      const { state } = await sizes();
      return {
        name: "vm-state-bytes",
        ratio: state / STATE_LIMIT,
        limit: 1,
        detail: `${state} bytes of inputs and outputs`,
      };
    },
  },
];
