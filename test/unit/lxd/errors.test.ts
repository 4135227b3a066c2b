import { describe, expect, test } from "@jest/globals";
import { operationFailed, refused, unanswered } from "../../../provider/lxd/api/errors";

describe("LXD's words for what went wrong", () => {
  test.each([
    [400, 'Failed loading network "x": Network not found', "not-found"],
    [404, "not found", "not-found"],
    [409, 'Instance "web" already exists', "already-exists"],
    [400, "Instance 'web' already exists", "already-exists"],
    [500, "Failed to write: no space left on device", "no-space"],
    [400, "The storage pool is currently in use", "invalid-state"],
    [400, "The instance is already running", "invalid-state"],
    [500, "database is locked", "busy"],
    [412, "ETag doesn't match: abc vs def", "busy"],
    [
      500,
      'The DNS and DHCP service exited prematurely: Process exited with non-zero value 2 ("dnsmasq: failed to create listening socket for 10.61.3.1: Address already in use")',
      "busy",
    ],
    [500, "Could not reload dnsmasq: Could not reload process: os: process not initialized", "busy"],
    [403, "not authorized", "permission-denied"],
    [501, "Not implemented", "unsupported"],
    [400, 'Unknown configuration key: "limits.bogus"', "invalid-argument"],
    [500, "Something nobody has thought of", "failed"],
  ] as const)("%s: %s", (status, message, code) => {
    expect(refused(status, message)).toMatchObject({ code, message, hostCode: status });
  });

  test("what no request can help has a remedy, also when an operation ends with it", () => {
    expect(refused(403, "not authorized").remedy).toContain("lxc config trust edit");
    const full = "Failed creating volume: write root.img: no space left on device";
    expect(operationFailed(full, false, {})).toMatchObject({
      code: "no-space",
      message: full,
      remedy: expect.stringContaining("another `pool`"),
    });
    expect(refused(403, "not authorized", { remedy: "as said" }).remedy).toBe("as said");
  });

  test("a name that the server does not know has a remedy", () => {
    const chain = `Failed creating instance record: Failed to load network "nope" for project "default": Network not found`;
    expect(operationFailed(chain, false, {}).remedy).toContain("LxdNetwork");
    expect(refused(404, "Failed loading project: Project not found").remedy).toContain("createProject");
  });

  test("a socket that is not there is one that cannot be connected to, in words", () => {
    const cause = Object.assign(new Error("connect ENOENT /x/unix.socket"), {
      code: "ENOENT",
      syscall: "connect",
      address: "/x/unix.socket",
    });
    expect(unanswered(new TypeError("fetch failed", { cause }), {})).toMatchObject({
      operation: "connect",
      message: "/x/unix.socket: no such file or directory",
      remedy: expect.stringContaining("installed and running"),
    });
  });

  test("a failed operation is no bad request", () => {
    expect(operationFailed("Failed to run: forkstart", false, {}).code).toBe("failed");
    expect(operationFailed("", true, {}).message).not.toBe("");
  });
});
