import { z } from "zod";
import { adopt, host, name, owner } from "./common";
import { field, type Fields, type Spec } from "./field";
import { hostPath, oneOf } from "./types";

export const storagePoolFields = {
  host,
  owner,
  name,
  adopt,
  type: field(oneOf("dir").default("dir"), {
    fate: "replace",
    doc: "Kind of pool. `dir`: a folder of the host.",
    source: "<pool type>",
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
