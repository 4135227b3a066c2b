import { beforeEach, describe, expect, test } from "@jest/globals";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandResult, HostDriver } from "../../../provider/driver/contract";
import type { Plain } from "../../../provider/lifecycle/engine/state";
import { checkGuest, GuestWork } from "../../../provider/lifecycle/vm/guest";
import { secretsIn } from "../../../provider/lifecycle/engine/redact";
import { vmFields, type VmSpec } from "../../../provider/schema/vm";
import { passed } from "../schema/complaints";

/** What was done to the guest, in order. */
let done: string[];
let there: Set<string>;
let life: string;
let state: string;
let results: Record<string, CommandResult>;

beforeEach(() => {
  [done, there, life, state, results] = [[], new Set(), "1", "running", {}];
});

const ok: CommandResult = { exitStatus: 0, stdout: "", stderr: "" };
const driver = {
  kind: "lxd",
  vms: { state: () => Promise.resolve(state) },
  guests: {
    ready: () => Promise.resolve(state === "running"),
    inside: {
      needsAgent: () => Promise.resolve(false),
      life: () => Promise.resolve(life),
      write: (_id: string, { path }: { path: string }) => {
        done.push(`write ${path}`);
        const isNew = !there.has(path);
        there.add(path);
        return Promise.resolve({ isNew });
      },
      remove: (_id: string, path: string) => {
        done.push(`remove ${path}`);
        return Promise.resolve();
      },
      run: (_id: string, { command }: { command: readonly string[] }) => {
        done.push(`run ${command.join(" ")}`);
        return Promise.resolve(results[String(command[0])] ?? ok);
      },
    },
  },
} as unknown as HostDriver;

/** An `up` of the program with these inputs: what it did, and what is in state then. */
async function up(input: Plain, olds: Plain = {}): Promise<{ outs: Plain; done: string[]; error?: Error }> {
  done = [];
  const spec = passed("Vm", input) as unknown as VmSpec;
  const work = new GuestWork(spec, olds);
  let error: Error | undefined;
  if (work.wanted)
    await work.bring(driver, "id", "web", Object.keys(olds).length > 0).catch((caught: Error) => {
      error = caught;
    });
  return { outs: { uuid: "u", ...work.outs }, done, ...(error === undefined ? {} : { error }) };
}

describe("files", () => {
  const [a, b, c] = ["a", "b", "c"].map((name) => ({ path: `/${name}`, content: name }));

  test("are written one by one, each when it changes and only then", async () => {
    const first = await up({ files: [a, b, c] });
    expect(first.done).toEqual(["write /a", "write /b", "write /c"]);
    expect((await up({ files: [c, b, a] }, first.outs)).done).toEqual([]);
    const second = await up({ files: [a, { ...b, content: "B" }, c] }, first.outs);
    expect(second.done).toEqual(["write /b"]);
    expect((await up({ files: [a, { ...b, content: "B", uid: 5 }, c] }, second.outs)).done).toEqual([
      "write /b",
    ]);
    const folders = { ...a, createDirectories: true };
    expect((await up({ files: [folders, b, c] }, first.outs)).done).toEqual([]);
  });

  test("that leave the program are deleted, unless they were there before", async () => {
    there.add("/b");
    const first = await up({ files: [a, b] });
    const second = await up({ files: [{ ...a, mode: "0600" }] }, first.outs);
    expect(second.done).toEqual(["write /a"]);
    const third = await up({}, second.outs);
    expect(third.done).toEqual(["remove /a"]);
    expect(third.outs).not.toMatchObject({ files: expect.anything() });
  });
});

describe("commands", () => {
  const one = { name: "one", command: ["first"] };
  const two = { name: "two", command: ["second"] };

  test("run in order, and again when what is run changes", async () => {
    const first = await up({ exec: [one, two] });
    expect(first.done).toEqual(["run first", "run second"]);
    expect((await up({ exec: [two, { ...one, timeout: 5 }] }, first.outs)).done).toEqual([]);
    const changed = { ...two, environment: { A: "1" } };
    expect((await up({ exec: [one, changed] }, first.outs)).done).toEqual(["run second"]);
    const once = { ...two, trigger: "once" };
    const second = await up({ exec: [one, once] }, first.outs);
    expect((await up({ exec: [one, { ...once, command: ["third"] }] }, second.outs)).done).toEqual([]);
  });

  test("run after starts where that is wanted, and no more than once for each", async () => {
    const start = { ...one, trigger: "onStart" };
    const first = await up({ exec: [start, two] });
    expect((await up({ exec: [start, two] }, first.outs)).done).toEqual([]);
    life = "2";
    const second = await up({ exec: [start, two] }, first.outs);
    expect(second.done).toEqual(["run first"]);
    expect((await up({ exec: [start, two] }, second.outs)).done).toEqual([]);
    // A guest that is off is none to run anything in.
    state = "stopped";
    life = "3";
    expect(await up({ exec: [start, two] }, second.outs)).toMatchObject({ done: [] });
  });

  test("that fail stop what follows, are told, and run again", async () => {
    results["first"] = { exitStatus: 3, stdout: "", stderr: "line 1\nno such thing\n" };
    const first = await up({ exec: [{ ...one, recordOutput: true }, two] });
    expect(first.done).toEqual(["run first"]);
    expect(first.error).toMatchObject({
      message: "it ended with exit status 3:\n    line 1\n    no such thing",
      target: 'command "one" in VM "web"',
    });
    expect(first.outs).toMatchObject({
      exec: [{ name: "one" }, { name: "two" }],
      execResults: { one: { exitStatus: 3 } },
    });
    results["first"] = ok;
    const second = await up({ exec: [{ ...one, recordOutput: true }, two] }, first.outs);
    expect(second.done).toEqual(["run first", "run second"]);
    expect(second.outs["execResults"]).toEqual({ one: ok });
    // Whoever no longer wants it does not keep it.
    expect((await up({ exec: [one, two] }, second.outs)).outs["execResults"]).toBeUndefined();
  });

  test("that may fail are no error", async () => {
    results["first"] = { ...ok, exitStatus: 1 };
    const first = await up({ exec: [{ ...one, failOnError: false }, two] });
    expect([first.done, first.error]).toEqual([["run first", "run second"], undefined]);
  });

  test("need a guest that runs", async () => {
    const { outs } = await up({ exec: [one] });
    state = "stopped";
    const { error } = await up({ exec: [one, two] }, outs);
    expect(error).toMatchObject({
      message: "the guest is stopped instead of running",
      code: "invalid-state",
    });
  });

  test("have secrets in their environment, of which none is told", () => {
    const environment = { TOKEN: "hunter", N: "1" };
    expect(secretsIn(vmFields, { exec: [{ ...one, environment }] })).toEqual(["hunter"]);
  });
});

describe("the check", () => {
  test("knows a file by what is in it, and names one that is not there", async () => {
    const dir = await mkdtemp(join(tmpdir(), "vmhost-files-"));
    try {
      const [source, missing] = [join(dir, "a"), join(dir, "b")];
      await writeFile(source, "abc");
      const files = [
        { path: "/a", source },
        { path: "/b", source: missing },
      ];
      const { inputs, complaints } = await checkGuest({ files, instanceType: "container" }, {});
      expect(inputs["files"]).toMatchObject([
        { sha256: "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" },
        { source: missing },
      ]);
      expect(complaints).toEqual([
        {
          path: ["files", 1, "source"],
          message: expect.stringMatching(/^cannot be read on the machine that runs Pulumi: ENOENT/),
        },
      ]);
    } finally {
      await rm(dir, { recursive: true });
    }
  });

  test("refuses what a guest that is to be off cannot do, and nothing that is done already", async () => {
    const input = {
      running: false,
      files: [{ path: "/a", content: "x" }],
      exec: [{ name: "c", command: ["d"] }],
    };
    const of = async (given: Plain, olds: Plain = {}): Promise<string[]> =>
      (await checkGuest(passed("Vm", given), olds)).complaints.map(
        ({ path, message }) => `${path.join(".")} ${message}`,
      );
    expect(await of(input)).toEqual([
      "files.0 cannot be written while the VM is off: lxd-agent takes it",
      "exec.0 cannot be run while the VM is off",
    ]);
    const container = { ...input, instanceType: "container" };
    expect(await of(container)).toEqual(["exec.0 cannot be run while the VM is off"]);
    expect(await of({ ...container, running: true })).toEqual([]);
    const { outs } = await up({ ...input, running: true });
    expect(await of(input, outs)).toEqual([]);
  });
});
