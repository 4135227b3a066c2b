import type { ErrorCode } from "../../../../provider/driver/errors";
import * as vir from "../../../../provider/libvirt/rpc/constants.gen";
import { LibvirtError, toDriverError } from "../../../../provider/libvirt/rpc/errors";
import { decodeBody } from "../../../../provider/libvirt/rpc/wire/message";
import { remoteError } from "../../../../provider/libvirt/rpc/procedures.gen";
import { XdrReader } from "../../../../provider/libvirt/rpc/wire/xdr";
import { remoteError as errorBytes } from "./daemon-bytes";

const fromWire = (code: number, message = "some words") =>
  toDriverError(decodeBody(remoteError, new XdrReader(errorBytes(code, message))));

describe("an error of the daemon", () => {
  it("keeps every part of its struct", () => {
    const error = fromWire(42, "Domain not found");
    expect(error).toMatchObject({ code: "not-found", hostCode: 42, message: "Domain not found" });
    const cause = error.cause as LibvirtError;
    expect(cause).toBeInstanceOf(LibvirtError);
    expect(cause).toMatchObject({
      code: 42,
      domain: 10,
      level: 2,
      strings: ["first", null, null],
      integers: [7, -1],
    });
  });

  // The numbers on the left are those of libvirt's documentation (virErrorNumber), typed by hand.
  it.each<[number, number, ErrorCode]>([
    [42, vir.VIR_ERR_NO_DOMAIN, "not-found"],
    [43, vir.VIR_ERR_NO_NETWORK, "not-found"],
    [49, vir.VIR_ERR_NO_STORAGE_POOL, "not-found"],
    [50, vir.VIR_ERR_NO_STORAGE_VOL, "not-found"],
    [62, vir.VIR_ERR_NO_NWFILTER, "not-found"],
    [66, vir.VIR_ERR_NO_SECRET, "not-found"],
    [72, vir.VIR_ERR_NO_DOMAIN_SNAPSHOT, "not-found"],
    [99, vir.VIR_ERR_DEVICE_MISSING, "not-found"],
    [28, vir.VIR_ERR_DOM_EXIST, "already-exists"],
    [37, vir.VIR_ERR_NETWORK_EXIST, "already-exists"],
    [90, vir.VIR_ERR_STORAGE_VOL_EXIST, "already-exists"],
    [45, vir.VIR_ERR_AUTH_FAILED, "authentication-failed"],
    [79, vir.VIR_ERR_AUTH_CANCELLED, "authentication-failed"],
    [94, vir.VIR_ERR_AUTH_UNAVAILABLE, "authentication-failed"],
    [88, vir.VIR_ERR_ACCESS_DENIED, "permission-denied"],
    [29, vir.VIR_ERR_OPERATION_DENIED, "permission-denied"],
    [87, vir.VIR_ERR_RESOURCE_BUSY, "busy"],
    [68, vir.VIR_ERR_OPERATION_TIMEOUT, "timeout"],
    [55, vir.VIR_ERR_OPERATION_INVALID, "invalid-state"],
    [8, vir.VIR_ERR_INVALID_ARG, "invalid-argument"],
    [27, vir.VIR_ERR_XML_ERROR, "invalid-argument"],
    [92, vir.VIR_ERR_XML_INVALID_SCHEMA, "invalid-argument"],
    [3, vir.VIR_ERR_NO_SUPPORT, "unsupported"],
    [67, vir.VIR_ERR_CONFIG_UNSUPPORTED, "unsupported"],
    [74, vir.VIR_ERR_ARGUMENT_UNSUPPORTED, "unsupported"],
    [86, vir.VIR_ERR_AGENT_UNRESPONSIVE, "guest-agent-unavailable"],
    [2, vir.VIR_ERR_NO_MEMORY, "no-capacity"],
    [1, vir.VIR_ERR_INTERNAL_ERROR, "failed"],
    [9, vir.VIR_ERR_OPERATION_FAILED, "failed"],
    [38, vir.VIR_ERR_SYSTEM_ERROR, "failed"],
    [78, vir.VIR_ERR_OPERATION_ABORTED, "failed"],
    [4711, 4711, "failed"],
  ])("number %i becomes its code", (number, constant, code) => {
    expect(constant).toBe(number);
    expect(fromWire(number).code).toBe(code);
  });

  it.each<[number, string, ErrorCode]>([
    [1, "internal error: pool 'p' has asynchronous jobs running.", "busy"],
    [1, "internal error: bridge name 'virbr0' already in use.", "busy"],
    [
      1,
      "internal error: Child process (/usr/bin/qemu-img create …) unexpected exit status 1: qemu-img: /p/v: Unable to get accurate CPU usage",
      "busy",
    ],
    [
      68,
      "Timed out during operation: cannot acquire state change lock (held by monitor=remoteDispatch)",
      "busy",
    ],
    [9, "operation failed: domain 'a' already exists with uuid 6695eb01", "already-exists"],
    [38, "cannot extend file '/v': No space left on device", "no-space"],
    [
      1,
      "internal error: qemu unexpectedly closed the monitor: cannot set up guest memory 'ram': Cannot allocate memory",
      "no-capacity",
    ],
    [38, "Failed to create file '/v': Permission denied", "permission-denied"],
    [74, "argument unsupported: QEMU guest agent is not configured", "guest-agent-unavailable"],
    [39, "unknown procedure: 432", "unsupported"],
  ])("%i with the words %p says more than its number", (number, message, code) => {
    expect(fromWire(number, message).code).toBe(code);
  });

  it("believes the number where it has one, whatever the words", () => {
    expect(fromWire(42, "no domain with matching name 'already exists'").code).toBe("not-found");
    expect(fromWire(8, "invalid argument: Permission denied is not a name").code).toBe("invalid-argument");
  });
});
