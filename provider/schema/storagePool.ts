import { z } from "zod";
import { adopt, host, name, owner } from "./common";
import { field, type Fields, type Spec } from "./field";
import { LIBVIRT_POOL_TYPES, LXD_POOL_TYPES, POOL_TYPES } from "./poolTypes";
import { hostPath, oneOf } from "./types";

export const storagePoolFields = {
  host,
  owner,
  name,
  adopt,
  type: field(oneOf(...POOL_TYPES).default("dir"), {
    fate: "replace",
    doc: `Kind of pool. Default \`dir\`, a folder of the host. On libvirt: ${LIBVIRT_POOL_TYPES.join(", ")}. On LXD: ${LXD_POOL_TYPES.join(", ")}.`,
    source: "<pool type>; LXD's driver",
  }),
  path: field(hostPath().optional(), {
    fate: "replace",
    keep: true,
    doc: "The folder on the host. Default `/var/lib/libvirt/<name>`. It is made when it is missing.",
    source: "<target><path>; R105",
  }),
  autostart: field(z.boolean().default(true), {
    fate: "live",
    doc: "Start the pool with the host. Default true.",
    source: "virStoragePoolSetAutostart",
  }),
  active: field(z.boolean().default(true), {
    fate: "live",
    doc: "Whether the pool runs. Default true.",
    source: "virStoragePoolCreate",
  }),
  deleteContents: field(z.boolean().default(false), {
    fate: "record",
    doc: "On destroy, delete the folder as well, if this resource made it and it is empty. Default false: volumes and folder stay.",
  }),
} satisfies Fields;

export type StoragePoolSpec = Spec<typeof storagePoolFields>;
