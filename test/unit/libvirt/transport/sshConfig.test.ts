import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import {
  readSshConfig,
  type SshConfigQuery,
  type SshHostConfig,
} from "../../../../provider/libvirt/transport/ssh/config";

const home = mkdtempSync(join(tmpdir(), "vmhost-config-"));
mkdirSync(join(home, ".ssh", "conf.d"), { recursive: true });
afterAll(() => rmSync(home, { recursive: true }));

function read(text: string, host = "kvm", query: Partial<SshConfigQuery> = {}): SshHostConfig {
  writeFileSync(join(home, ".ssh", "config"), text);
  return readSshConfig({ host, home, ...query });
}

test("nothing configured", () => {
  expect(read("")).toMatchObject({ hostName: "kvm", identityFiles: [], identitiesOnly: false });
  expect(read("").port).toBeUndefined();
});

test("the first value wins, identity files add up, keywords know no case", () => {
  const config = read(
    "host kvm\n  PORT 2222\n  identityfile ~/one\nHost k*\n  Port 3333\n  User ann\n  IdentityFile ~/two\nHost *\n  User bob\n",
  );
  expect(config).toMatchObject({ port: 2222, user: "ann", identityFiles: [`${home}/one`, `${home}/two`] });
});

test("what the address says wins", () => {
  expect(read("Host *\n  User bob\n  Port 1\n", "kvm", { user: "ann", port: 2 })).toMatchObject({
    user: "ann",
    port: 2,
  });
});

test("patterns: negation, question mark, several, quotes, = and trailing comments", () => {
  const text =
    'Host *.lab !bad.lab "other"\n  HostName=10.0.0.1\nHost kv?\n  HostName %h.example.com # the lab\n';
  expect(read(text, "good.lab").hostName).toBe("10.0.0.1");
  expect(read(text, "other").hostName).toBe("10.0.0.1");
  expect(read(text, "bad.lab").hostName).toBe("bad.lab");
  expect(read(text, "kvm").hostName).toBe("kvm.example.com");
  expect(read(text, "kv").hostName).toBe("kv");
});

test("tokens, ~ and variables in paths", () => {
  process.env["VMHOST_TEST_KEYS"] = "/keys";
  const config = read(
    'HostName real\nUser ann\nIdentityFile "%d/a b/%h-%r-%p-%n%%"\nIdentityFile ${VMHOST_TEST_KEYS}/k\nIdentityFile none\nUserKnownHostsFile ~/a ~/b\n',
    "kvm",
    { port: 7 },
  );
  delete process.env["VMHOST_TEST_KEYS"];
  expect(config.identityFiles).toEqual([`${home}/a b/real-ann-7-kvm%`, "/keys/k"]);
  expect(config.userKnownHostsFiles).toEqual([`${home}/a`, `${home}/b`]);
});

test("the rest of the keywords", () => {
  expect(
    read(
      "IdentitiesOnly yes\nProxyJump a,b\nStrictHostKeyChecking Accept-New\nHostKeyAlias x\nConnectTimeout 7\nIdentityAgent ~/agent\nGlobalKnownHostsFile /dev/null\n",
    ),
  ).toMatchObject({
    identitiesOnly: true,
    proxyJump: "a,b",
    strictHostKeyChecking: "accept-new",
    hostKeyAlias: "x",
    connectTimeoutMs: 7000,
    identityAgent: `${home}/agent`,
    globalKnownHostsFiles: ["/dev/null"],
  });
});

test("of ProxyJump and ProxyCommand the first one counts", () => {
  expect(read("ProxyJump a\nProxyCommand nc %h %p\n").proxyCommand).toBeUndefined();
  expect(read("ProxyCommand nc %h %p\nProxyJump a\n")).toMatchObject({
    proxyCommand: "nc %h %p",
    proxyJump: undefined,
  });
  expect(read("Host kvm\n  ProxyCommand none\nHost *\n  ProxyJump a\n")).toMatchObject({
    proxyCommand: "none",
  });
});

test("Match by host, user and negation; exec never runs, and is told of", () => {
  const marker = join(home, "ran");
  const warnings: string[] = [];
  const text = [
    `Match exec "touch ${marker}"`,
    "  Port 1",
    "Match originalhost kvm !user bob",
    "  Port 2",
    "Match host real,other",
    "  Port 3",
    "Match all",
    "  Port 4",
    `Match localuser ${userInfo().username}`,
    "  HostKeyAlias mine",
    "",
  ].join("\n");
  const warn = (warning: string): void => void warnings.push(warning);
  expect(read(text, "kvm", { user: "ann", warn })).toMatchObject({ port: 2, hostKeyAlias: "mine" });
  expect(read(text, "kvm", { user: "bob" }).port).toBe(4);
  expect(read(`HostName real\n${text}`, "any").port).toBe(3);
  expect(warnings).toEqual([expect.stringContaining("Match exec")]);
  expect(() => rmSync(marker)).toThrow();
});

test("a canonical name is never looked up", () => {
  expect(read("Host *\n  CanonicalizeHostName yes\n  CanonicalDomains a.example b.example\n").hostName).toBe(
    "kvm",
  );
});

test("Include: by pattern in order, within its Host block, and not without end", () => {
  writeFileSync(join(home, ".ssh", "conf.d", "1"), "Port 11\nInclude conf.d/2\n");
  writeFileSync(join(home, ".ssh", "conf.d", "2"), "User two\nPort 22\n");
  expect(read("Include conf.d/*\n")).toMatchObject({ port: 11, user: "two" });
  expect(read("Host else\n  Include conf.d/1\nHost *\n  User three\n")).toMatchObject({
    user: "three",
    port: undefined,
  });
  writeFileSync(join(home, ".ssh", "conf.d", "1"), "Include conf.d/1\nPort 11\n");
  expect(read("Include ~/.ssh/conf.d/1 /nowhere/*\n").port).toBe(11);
});

test("a configuration that cannot be read is named", () => {
  expect(() => read('Host "half\n')).toThrow(
    expect.objectContaining({ code: "invalid-argument", target: join(home, ".ssh", "config") }),
  );
});
