import { row, type Row } from "../row";

type Rest = Parameters<typeof row> extends [unknown, ...infer More] ? More : never;
const filter = (...args: Rest): Row => row("NwFilter", ...args);
const secret = (...args: Rest): Row => row("LibvirtSecret", ...args);

const tcp = (port: number): unknown => [
  { action: "drop", direction: "in", protocol: "tcp", match: { dstportstart: port } },
];
const rules = tcp(25);
const raw = (port: number): string =>
  `<filterref filter='no-ip-spoofing'><parameter name='IP' value='10.0.0.1'/></filterref>` +
  `<rule action='drop' direction='in'><tcp dstportstart='${port}'/></rule>`;

/** What the host itself tells of a secret that is not private, in base64. */
const value: Row["where"] = ({ outs, virsh }) => virsh(["secret-get-value", String(outs["uuid"])]);
const told = { private: false };

export const rows: readonly Row[] = [
  filter("host", undefined, "$other", /./, { lacks: "second daemon with network filters", needs: { rules } }),
  filter("name", "fates-filter-a", "fates-filter-b", /<filter name='fates-filter-b'/, { needs: { rules } }),
  filter("adopt", undefined, true, /./),
  filter("chain", "root", "ipv4", /chain='ipv4'/),
  filter("priority", -400, -600, /priority='-600'/),
  filter("filters", ["no-mac-spoofing"], ["no-ip-spoofing"], /<filterref filter='no-ip-spoofing'/, {
    on: "made-of",
  }),
  filter("rules", tcp(23), tcp(24), /dstportstart='24'/, { on: "ruled" }),
  filter("raw", raw(587), raw(588), /dstportstart='588'/, { on: "raw" }),

  secret("host", undefined, "$other", /./, { lacks: "second daemon with secrets" }),
  secret("adopt", undefined, true, /./),
  secret("description", "first", "second", /<description>second</),
  secret("usage.type", "ceph", "iscsi", /<usage type='iscsi'/, { needs: { usage: { id: "fates-type" } } }),
  secret("usage.id", "fates-id-a", "fates-id-b", /<name>fates-id-b</, { needs: { usage: { type: "ceph" } } }),
  secret("private", false, true, /private='yes'/, { on: "closed" }),
  secret("private", true, false, /private='no'/, { on: "opened" }),
  secret("ephemeral", false, true, /ephemeral='yes'/),
  secret("secretValue", "first", "second", /^c2Vjb25k\s*$/, { on: "told", needs: told, where: value }),
  secret("encoding", "utf8", "base64", /^AAAA\s*$/, {
    on: "encoded",
    needs: { ...told, secretValue: "AAAA" },
    where: value,
  }),
];
