import { describe, expect, test } from "@jest/globals";
import { reachComplaints } from "../../../provider/schema/table/reach";
import { vmFields } from "../../../provider/schema/vm";
import { complaints, passed } from "./complaints";

const file = { path: "/etc/app.conf", content: "x" };
const command = { name: "one", command: ["true"] };

describe("files and commands", () => {
  test("have their defaults, and modes are written one way", () => {
    const files = [file, { path: "/b", content: "", mode: "600" }];
    expect(passed("Vm", { files, exec: [command] })).toMatchObject({
      files: [
        { ...file, mode: "0644", uid: 0, gid: 0, createDirectories: false },
        { mode: "0600", content: "" },
      ],
      exec: [{ ...command, trigger: "onChange", timeout: 300, failOnError: true, recordOutput: false }],
    });
    expect(passed("Vm", {})).not.toHaveProperty("files");
  });

  test.each([
    [{ files: [{ ...file, path: "etc/app" }] }, /^files\.0\.path: must be the absolute path of a file/],
    [{ files: [{ ...file, path: "/etc/" }] }, /^files\.0\.path: /],
    [{ files: [{ ...file, path: "/" }] }, /^files\.0\.path: /],
    [{ files: [{ ...file, path: "/etc/../x" }] }, /^files\.0\.path: /],
    [{ files: [{ ...file, mode: "0999" }] }, /^files\.0\.mode: must be permissions in octal/],
    // LXD would drop the bit.
    [{ files: [{ ...file, mode: "4755" }] }, /^files\.0\.mode: /],
    [{ files: [{ ...file, uid: -1 }] }, /^files\.0\.uid: must not be negative/],
    [{ files: [file, file] }, /^files\.1\.path: "\/etc\/app\.conf" stands in the list twice/],
    [{ files: [{ ...file, source: "a" }] }, /^files\.0\.source: cannot stand beside `content`/],
    [{ files: [{ path: "/a" }] }, /^files\.0\.content: is required, or `source`/],
    [{ exec: [command, command] }, /^exec\.1\.name: "one" stands in the list twice/],
    [{ exec: [{ ...command, command: [] }] }, /^exec\.0\.command: must name a program/],
    [{ exec: [{ ...command, command: "ls -l" }] }, /^exec\.0\.command: expected array/],
    [{ exec: [{ ...command, environment: { "A=B": "x" } }] }, /^exec\.0\.environment/],
    [{ exec: [{ ...command, workingDir: "tmp" }] }, /^exec\.0\.workingDir: /],
    [{ exec: [{ ...command, trigger: "always" }] }, /^exec\.0\.trigger: must be/],
    [{ guestAgent: false, waitFor: { agent: true } }, /^waitFor\.agent: cannot be waited for/],
  ])("%j is refused at its place", (input, complaint) => {
    const said = complaints("Vm", input);
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(complaint);
  });

  test("an address is waited for unless the program waits for something inside", () => {
    const address = (waitFor: object): unknown =>
      (passed("Vm", { waitFor })["waitFor"] as { address: unknown }).address;
    expect(address({})).toBe(true);
    expect(address({ agent: true })).toBe(false);
    expect(address({ cloudInit: true })).toBe(false);
    expect(address({ agent: true, address: "ipv4" })).toBe("ipv4");
  });

  test("are LXD's alone; libvirt has the agent", () => {
    const told = (address: string): string[] =>
      reachComplaints("Vm", vmFields, {
        host: { address },
        files: [file],
        exec: [command],
        waitFor: { agent: true, cloudInit: true },
      }).map(({ path, message }) => `${path.join(".")} ${message}`);
    expect(told("unix:///x")).toEqual([]);
    expect(told("qemu:///system").sort()).toEqual([
      expect.stringMatching(/^exec is not possible on a libvirt host: libvirt has no way into a guest; /),
      expect.stringMatching(/^files is not possible on a libvirt host: libvirt has no way into a guest; /),
      expect.stringMatching(/^waitFor\.cloudInit is not possible on a libvirt host: libvirt has no way /),
    ]);
  });
});
