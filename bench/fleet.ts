import { symlink, unlink } from "node:fs/promises";
import { join } from "node:path";
import { Program } from "../test/support/pulumi.ts";
import { secondsOf, type Benchmark } from "./figures.ts";
import { FLEET } from "./programs.ts";
import { theStand, took } from "./stand.ts";

const FEW = 10;
const MANY = 100;
const VMS_PER_HOST = 20;
const ROUNDS = 2;
const LIMIT = 1.2;

/**
 * A preview of a whole fleet: what a VM costs with 100 hosts, against what it costs with 10. Every host is a daemon's test driver
 * behind a socket of its own, so each is connected to, asked and counted by itself.
 */
export const fleet: Benchmark = {
  name: "fleet-100",
  about: `\`pulumi preview\` of ${MANY} hosts with ${VMS_PER_HOST} VMs each, per VM / the same of ${FEW} hosts`,
  run: async () => {
    const { host } = await theStand();
    const sockets = Array.from({ length: MANY }, (_, index) => join(host.dir, "run", `fleet-${index}`));
    await Promise.all(sockets.map((socket) => symlink("libvirt-sock", socket)));
    const of = (count: number): Program =>
      new Program({
        name: "fleet",
        source: FLEET,
        config: { run: join(host.dir, "run"), count, vms: VMS_PER_HOST },
        wholeSdk: true,
      });
    const programs = [of(0), of(FEW), of(MANY)];
    try {
      await Promise.all(programs.map((program) => program.prepare()));
      const best = [Infinity, Infinity, Infinity];
      for (let round = 0; round < ROUNDS; round++)
        for (const [index, program] of programs.entries())
          best[index] = Math.min(best[index] ?? Infinity, await took(program.preview({ diff: true })));
      const [floor = 0, few = 0, many = 0] = best;
      const perVm = (ms: number, hosts: number): number => (ms - floor) / (hosts * VMS_PER_HOST);
      const [small, large] = [perVm(few, FEW), perVm(many, MANY)];
      const detail = `${large.toFixed(1)} ms a VM with ${MANY} hosts (${secondsOf(many)}), ${small.toFixed(1)} ms with ${FEW} (${secondsOf(few)}); an empty program ${secondsOf(floor)}`;
      return { name: "fleet-100", ratio: large / small, limit: LIMIT, detail };
    } finally {
      await Promise.all(programs.map((program) => program.dispose()));
      await Promise.all(sockets.map((socket) => unlink(socket)));
    }
  },
};
