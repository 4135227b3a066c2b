import { describe, expect, test } from "@jest/globals";
import { operationFailed, refused } from "../../../provider/lxd/api/errors";

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
    [403, "not authorized", "permission-denied"],
    [501, "Not implemented", "unsupported"],
    [400, 'Unknown configuration key: "limits.bogus"', "invalid-argument"],
    [500, "Something nobody has thought of", "failed"],
  ] as const)("%s: %s", (status, message, code) => {
    expect(refused(status, message)).toMatchObject({ code, message, hostCode: status });
  });

  test("a failed operation is no bad request", () => {
    expect(operationFailed("Failed to run: forkstart", false, {}).code).toBe("failed");
    expect(operationFailed("", true, {}).message).not.toBe("");
  });
});
