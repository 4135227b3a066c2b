import type { RemoteSpec } from "../../../schema/vm/disk/remote";
import { asNumber, asYesNo, at, element, readBound, records, writeBound, type Bindings } from "../bind";
import { attribute, childrenOf, el, find, type XmlElement } from "../tree";

type Auth = NonNullable<RemoteSpec["auth"]>;

/** Ceph's secrets are keys, iSCSI's are passwords; to libvirt each is of its own type. */
const SECRET_TYPES: Readonly<Record<string, string>> = { rbd: "ceph", iscsi: "iscsi" };

/** Attributes and children of `<source>`. */
const SOURCE: Bindings = {
  protocol: at("@protocol"),
  name: at("@name"),
  query: at("@query"),
  tls: at("@tls", asYesNo),
  verifySsl: at("ssl@verify", asYesNo),
  initiator: at("initiator/iqn@name"),
};

const hosts = records("host", { name: at("@name"), port: at("@port", asNumber) });

/** `<source>` of a disk on a server. */
export function remoteSource(remote: RemoteSpec): XmlElement {
  const { protocol, socket, auth } = remote;
  const source = el("source");
  writeBound(source, SOURCE, { ...remote }, () => false);
  if ((remote.hosts ?? []).length > 0) hosts.write(source, remote.hosts);
  if (socket !== undefined) source.children.push(el("host", { transport: "unix", socket }));
  if (auth !== undefined) source.children.push(authElement(auth, protocol));
  return source;
}

function authElement({ username, secret }: Auth, protocol: string): XmlElement {
  return el("auth", { username }, el("secret", { type: SECRET_TYPES[protocol], uuid: secret }));
}

/** What a network disk says of its server; a disk by hand may have its login beside the source. */
export function readRemote(disk: XmlElement): RemoteSpec | undefined {
  const source = find(disk, "source");
  if (attribute(disk, "type") !== "network" || source === undefined) return undefined;
  const servers = childrenOf(source, "host");
  const auth = find(source, "auth") ?? find(disk, "auth");
  return {
    ...readBound(source, SOURCE),
    hosts: servers.flatMap((host) =>
      attribute(host, "socket") === undefined ? [hostOf(host)] : [],
    ) as RemoteSpec["hosts"],
    socket: servers.map((host) => attribute(host, "socket")).find((socket) => socket !== undefined),
    auth:
      auth === undefined
        ? undefined
        : { username: attribute(auth, "username"), secret: attribute(find(auth, "secret"), "uuid") },
  } as RemoteSpec;
}

function hostOf(host: XmlElement): object {
  const port = attribute(host, "port");
  return { name: attribute(host, "name"), ...(port === undefined ? {} : { port: Number(port) }) };
}

/** Ports that the host fills in when a guest starts; of Ceph's it leaves that to Ceph. */
const PORTS: Readonly<Record<string, number>> = {
  nbd: 10_809,
  iscsi: 3260,
  gluster: 24_007,
  sheepdog: 7000,
  http: 80,
  https: 443,
};

/** The same server said in the same words, as the definition has it and the running guest. */
export function spelledOut(remote: RemoteSpec | undefined): object | undefined {
  return (
    remote && {
      ...remote,
      // A guest that runs says "no" where the definition says nothing.
      tls: remote.tls === true ? true : undefined,
      hosts: (remote.hosts ?? []).map(({ name, port }) => ({ name, port: port ?? PORTS[remote.protocol] })),
    }
  );
}

/** What tells one image on a server from another: `nbd://server/name`. */
export function remoteLabel(disk: XmlElement): string | undefined {
  const remote = readRemote(disk);
  if (remote === undefined) return undefined;
  const at = remote.socket ?? remote.hosts?.map(({ name }) => name).join(",") ?? "";
  return `${remote.protocol}://${at}${remote.name === undefined ? "" : `/${remote.name}`}`;
}

/** LUKS stands in the source, and a drive without an image has none. */
export const encryption = element(
  "source/encryption",
  ({ secret }: { readonly secret: string }) => encryptionElement(secret),
  (found) => ({ secret: attribute(find(found, "secret"), "uuid") }),
);

export function encryptionElement(secret: string): XmlElement {
  return el("encryption", { format: "luks" }, el("secret", { type: "passphrase", uuid: secret }));
}
