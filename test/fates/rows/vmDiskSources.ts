import { disk, elementOf, type Args, type Row } from "../row";

/** What replaces a disk replaces the VM, and has to be said to be wanted. */
const needs = { allowDataLoss: true };
const secret = (digit: string): string => `5ec2e700-0000-4000-8000-00000000000${digit}`;

const remote = (parts: Args): Args => ({ protocol: "nbd", hosts: [{ name: "far" }], ...parts });
const https = (parts: Args): Args => remote({ protocol: "https", name: "web.iso", ...parts });
const iscsi = (parts: Args): Args =>
  remote({ protocol: "iscsi", name: "iqn.2013-06.com.example:pool/1", ...parts });
const login = (parts: Args): Args => iscsi({ auth: { username: "me", secret: secret("1"), ...parts } });

/** A field of where a disk on a server is, given whole before and after. */
function far(field: string, a: Args, b: Args, shows: RegExp, more: Args = {}, replaces = false): Row {
  const name = `remote-${field.replace(/\W/g, "-")}`;
  const made = disk("remote", a, b, shows, {
    name,
    with: more,
    ...(replaces ? { needs } : { on: "remotes" }),
  });
  const row = {
    ...made,
    field: `disks[].remote.${field}`,
    part: (xml: string) => elementOf(xml, `ua-disk-${name}`),
  };
  return replaces ? { ...row, on: `disk-${name}` } : row;
}

const isCopy = { needs, with: { pool: "fates" }, where: "state" } as const;

export const rows: readonly Row[] = [
  disk("pools", ["fates"], ["fates", "fates2"], /"pools":\["fates","fates2"\]/, {
    with: { size: "1MiB" },
    where: "state",
  }),
  disk("copyOf", "fates/one", "fates/two", /"copyOf":"fates\/two"/, isCopy),
  far("protocol", remote({ name: "x" }), remote({ protocol: "gluster", name: "v/x" }), /'gluster'/, {}, true),
  far("name", remote({ name: "a" }), remote({ name: "b" }), /name='b'/, {}, true),
  far("hosts[].name", remote({}), remote({ hosts: [{ name: "other" }] }), /<host name='other'/),
  far(
    "hosts[].port",
    remote({ hosts: [{ name: "far", port: 1 }] }),
    remote({ hosts: [{ name: "far", port: 2 }] }),
    /port='2'/,
  ),
  far(
    "socket",
    { protocol: "nbd", socket: "/run/a" },
    { protocol: "nbd", socket: "/run/b" },
    /socket='\/run\/b'/,
  ),
  far("query", https({ query: "v=1" }), https({ query: "v=2" }), /query='v=2'/, { readOnly: true }),
  far("verifySsl", https({}), https({ verifySsl: false }), /<ssl verify='no'/, { readOnly: true }),
  far("tls", remote({ tls: false }), remote({ tls: true }), /tls='yes'/),
  far(
    "initiator",
    iscsi({ initiator: "iqn.2013-06.com.example:a" }),
    iscsi({ initiator: "iqn.2013-06.com.example:b" }),
    /<iqn name='iqn.2013-06.com.example:b'/,
  ),
  far("auth.username", login({}), login({ username: "you" }), /username='you'/),
  far(
    "auth.secret",
    login({}),
    login({ secret: secret("2") }),
    /uuid='5ec2e700-0000-4000-8000-000000000002'/,
  ),
  disk("encryption.secret", secret("1"), secret("2"), /uuid='5ec2e700-0000-4000-8000-000000000002'/, {
    needs,
    with: { path: "/var/lib/libvirt/images/fates/fates/luks.img", format: "raw" },
  }),
];
