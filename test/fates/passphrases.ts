import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ThrowawayHost } from "../../scripts/lib/throwaway-host";

/** Secrets of the host with a passphrase each, for rows about encrypted images. */
export const PASSPHRASES = ["5ec2e700-0000-4000-8000-000000008001", "5ec2e700-0000-4000-8000-000000008002"];

export async function givePassphrases(host: ThrowawayHost): Promise<void> {
  for (const uuid of PASSPHRASES) {
    const xml = `<secret ephemeral='no' private='yes'><uuid>${uuid}</uuid></secret>`;
    await writeFile(join(host.dir, "lib", "passphrase.xml"), xml);
    await host.virsh(["secret-define", "/var/lib/libvirt/passphrase.xml"]);
    await host.virsh(["secret-set-value", uuid, Buffer.from(`passphrase of ${uuid}`).toString("base64")]);
  }
}

export async function takePassphrases(host: ThrowawayHost): Promise<void> {
  for (const uuid of PASSPHRASES) await host.virsh(["secret-undefine", uuid], { allowFailure: true });
}
