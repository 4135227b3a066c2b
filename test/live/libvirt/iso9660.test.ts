import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "@jest/globals";
import { run } from "../../../scripts/lib/command";
import { isoImage } from "../../../provider/libvirt/vms/iso9660";

/** Witnessed by other people's readers: isoinfo (cdrkit) and blkid (util-linux). */
describe("the image that cloud-init reads", () => {
  const dir = mkdtempSync(join(tmpdir(), "vmhost-iso-"));
  const image = join(dir, "seed.iso");
  const files = {
    "user-data": "#cloud-config\nhostname: ünï\n",
    "meta-data": "instance-id: i\n",
    "network-config": "x".repeat(5000),
  };
  writeFileSync(image, isoImage("cidata", files));

  afterAll(() => rmSync(dir, { recursive: true }));

  test("is found by its label", async () => {
    expect((await run(["blkid", "-o", "export", image])).stdout).toMatch(/LABEL=cidata[\s\S]*TYPE=iso9660/);
  });

  test.each(Object.entries(files))("holds %s under its own name", async (name, content) => {
    expect((await run(["isoinfo", "-J", "-i", image, "-x", `/${name}`])).stdout).toBe(content);
  });

  test("is the same for the same content, so that nothing changes when nothing has changed", () => {
    expect(isoImage("cidata", { ...files }).equals(isoImage("cidata", files))).toBe(true);
    expect(
      isoImage("cidata", { ...files, "meta-data": "instance-id: j\n" }).equals(isoImage("cidata", files)),
    ).toBe(false);
  });
});
