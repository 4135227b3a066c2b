import { z } from "../../table/zod";
import type { Fields } from "../../table/field";
import { group, type Complaint } from "../../table/gate";
import { part, parts, switchable, word } from "../../table/part";
import { hostPath, oneOf } from "../../table/types";
import { memorySize } from "../../table/units";
import { isUnknown } from "../../table/unknown";
import { controllers } from "./controllers";
import { inputs } from "./inputs";
import { lineGroups } from "./lines";
import { name } from "./named";
import { smartcard } from "./smartcard";
import { virtioFields } from "./virtio";

const shmemFields = {
  name: { ...name("memory"), doc: "Its name on the host; VMs that name the same share it." },
  size: part(memorySize().optional(), {
    ts: "string | number",
    doc: "A power of two; a bare number is MiB.",
    source: "<shmem><size>",
  }),
  model: part(oneOf("ivshmem-plain", "ivshmem-doorbell").default("ivshmem-plain"), {
    doc: "Default `ivshmem-plain`.",
    source: "<shmem><model>",
  }),
  role: word(["master", "peer"], { doc: "Whether it survives migration.", source: "<shmem role>" }),
  server: part(hostPath().optional(), {
    doc: "Socket of the server, for ivshmem-doorbell.",
    source: "<server path>",
  }),
} satisfies Fields;

const watchdogFields = {
  model: part(oneOf("i6300esb", "ib700", "diag288").default("i6300esb"), {
    doc: "Default `i6300esb`.",
    source: "<watchdog model>",
  }),
  action: part(
    oneOf("reset", "shutdown", "poweroff", "pause", "dump", "inject-nmi", "none").default("reset"),
    { doc: "What happens when the guest hangs. Default `reset`.", source: "<watchdog action>" },
  ),
} satisfies Fields;

const rngFields = {
  backend: part(oneOf("random", "builtin").default("random"), {
    doc: "Default `random`: a device of the host.",
    source: "<rng><backend model>",
  }),
  device: part(hostPath().optional(), {
    same: (a, b) => (a ?? "/dev/urandom") === (b ?? "/dev/urandom"),
    doc: "Default /dev/urandom.",
    source: "<rng><backend>",
  }),
  bytes: part(z.int().min(1).optional(), { doc: "The most in a `period`.", source: "<rate bytes>" }),
  period: part(z.int().min(1).optional(), { doc: "Milliseconds.", source: "<rate period>" }),
  ...virtioFields,
} satisfies Fields;

const panicFields = {
  model: word(["isa", "hyperv", "pseries", "s390", "pvpanic"], {
    keep: true,
    doc: "Default: the machine's.",
    source: "<panic model>",
  }),
} satisfies Fields;

const vsockFields = {
  cid: part(z.int().min(3).max(4_294_967_294).optional(), {
    doc: "Address of the guest. Default: one that is free.",
    source: "<vsock><cid address>",
  }),
  ...virtioFields,
} satisfies Fields;

export const deviceGroups = {
  inputs,
  controllers,
  ...lineGroups,
  sharedMemory: parts(shmemFields, "name", { doc: "Memory that VMs share.", source: "<shmem>" }, [
    function* ({ model, role, server, size }): Iterable<Complaint> {
      if (isUnknown(model)) return;
      if (model === "ivshmem-plain" && server !== undefined)
        yield { path: ["server"], message: 'needs model "ivshmem-doorbell"' };
      if (model === "ivshmem-doorbell" && server === undefined)
        yield { path: ["server"], message: 'is required for model "ivshmem-doorbell"' };
      if (model === "ivshmem-doorbell" && role !== undefined)
        yield { path: ["role"], message: 'needs model "ivshmem-plain"' };
      if (typeof size === "number" && (size & (size - 1)) !== 0)
        yield { path: ["size"], message: "must be a power of two" };
    },
  ]),
  watchdog: switchable(watchdogFields, {
    fate: "restart",
    doc: "A watchdog; `true` for one that resets the guest.",
    source: "<watchdog>",
  }),
  rng: group(
    rngFields,
    { fate: "restart", doc: "The random number generator; every VM has one.", source: "<rng>" },
    [
      function* ({ backend, device, bytes, period }): Iterable<Complaint> {
        if (backend === "builtin" && device !== undefined)
          yield { path: ["device"], message: 'needs backend "random"' };
        if (period !== undefined && bytes === undefined) yield { path: ["period"], message: "needs `bytes`" };
      },
    ],
  ),
  panic: switchable(panicFields, {
    fate: "restart",
    doc: "Lets the guest tell that its kernel has died.",
    source: "<panic>",
  }),
  vsock: switchable(vsockFields, {
    fate: "restart",
    doc: "Sockets between guest and host; `true` for an address that is free.",
    source: "<vsock>",
  }),
  smartcard,
} satisfies Fields;
