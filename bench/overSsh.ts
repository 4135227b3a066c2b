import { mkdir, copyFile, chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Program } from "../test/support/pulumi.ts";
import { makeKey, startSshd, temporaryFolder } from "../test/support/sshd.ts";
import { secondsOf, type Benchmark } from "./figures.ts";
import { theStand, took, vmsProgram } from "./stand.ts";

const COUNT = 10;
const ROUNDS = 3;

export const overSsh: Benchmark = {
  name: "ssh",
  about: `\`pulumi up\` of ${COUNT} VMs over SSH to loopback / over the unix socket`,
  run: async () => {
    const stand = await theStand();
    const dir = temporaryFolder("bench-ssh");
    const key = makeKey(dir, "id_ed25519");
    const sshd = await startSshd({ authorizedKeys: [key.publicKey] });
    const address = `qemu+ssh://root@127.0.0.1:${sshd.port}/system?socket=${stand.host.socket}`;
    const remote = vmsProgram(stand, { count: COUNT, address });
    const local = vmsProgram(stand, { count: COUNT });
    try {
      await remote.prepare();
      const keys = join(remote.home, ".ssh");
      await mkdir(keys, { recursive: true, mode: 0o700 });
      await writeFile(join(keys, "known_hosts"), `${sshd.knownHostsLine}\n`);
      await copyFile(key.file, join(keys, "id_ed25519"));
      await chmod(join(keys, "id_ed25519"), 0o600);
      const [far, near]: [number[], number[]] = [[], []];
      for (let round = 0; round < ROUNDS; round++) {
        far.push(await upAndDown(remote));
        near.push(await upAndDown(local));
      }
      // The quickest of each: what disturbs a run only adds.
      const [ssh, unix] = [Math.min(...far), Math.min(...near)];
      const detail = `${COUNT} VMs in ${secondsOf(ssh)} over SSH, ${secondsOf(unix)} over the socket`;
      return { name: "ssh", ratio: ssh / unix, limit: 1.15, detail };
    } finally {
      await Promise.all([remote.dispose(), local.dispose()]);
      await sshd.stop();
      await rm(dir, { recursive: true, force: true });
    }
  },
};

async function upAndDown(program: Program): Promise<number> {
  const ms = await took(program.up());
  await took(program.destroy());
  return ms;
}
