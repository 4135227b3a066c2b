import * as fc from "fast-check";
import { isDriverError } from "../../../provider/driver/errors";
import { canonicalAddress, parseAddress } from "../../../provider/schema/address/address";

function refusal(text: string): { code: string; message: string; remedy: string; host: string } {
  try {
    parseAddress(text);
  } catch (error) {
    if (isDriverError(error))
      return { code: error.code, message: error.message, remedy: error.remedy ?? "", host: error.host ?? "" };
    throw error;
  }
  throw new Error(`${text} was not refused`);
}

test.each([
  ["qemu:///system", { driver: "qemu", transport: "unix", path: "/system", uri: "qemu:///system" }],
  ["qemu:///session", { transport: "unix", path: "/session", uri: "qemu:///session" }],
  ["qemu:///", { path: "/system", uri: "qemu:///system" }],
  ["QEMU+SSH://Host/system", { driver: "qemu", transport: "ssh", host: "Host" }],
  ["qemu+unix:///system?socket=/tmp/a%20b", { transport: "unix", socket: "/tmp/a b", uri: "qemu:///system" }],
  ["test:///default", { driver: "test", transport: "unix", path: "/default", uri: "test:///default" }],
  ["test+unix:///default?socket=/x", { driver: "test", transport: "unix", socket: "/x" }],
  ["test+tcp://localhost", { driver: "test", transport: "tcp", host: "localhost", uri: "test:///default" }],
  ["xen:///", { driver: "xen", path: "/", uri: "xen:///" }],
  ["qemu+ssh://ubuntu@192.168.1.2/system", { transport: "ssh", user: "ubuntu", host: "192.168.1.2" }],
  ["qemu+ssh://172.16.99.2/system", { host: "172.16.99.2" }],
  [
    "qemu+ssh://a%40b@h:2222/system",
    { user: "a@b", host: "h", port: 2222, label: "qemu+ssh://a%40b@h:2222/system" },
  ],
  [
    "qemu+ssh://[2001:db8::1]:22/system",
    { host: "2001:db8::1", port: 22, label: "qemu+ssh://[2001:db8::1]:22/system" },
  ],
  [
    "qemu+ssh://[fe80::1%25eth0]/system",
    { host: "fe80::1%eth0", label: "qemu+ssh://[fe80::1%25eth0]/system" },
  ],
  ["qemu+tcp://host:16509/system", { transport: "tcp", port: 16509 }],
  ["qemu+tls://host", { transport: "tls", path: "/system" }],
  ["qemu://host/system", { transport: "tls" }],
])("%s", (text, expected) => {
  const address = parseAddress(text);
  expect(address).toMatchObject({ text, ...expected });
  expect(parseAddress(address.label)).toMatchObject({ uri: address.uri, transport: address.transport });
});

test("the allowed parameters of ssh", () => {
  const query =
    "keyfile=/k&known_hosts=~/kh&known_hosts_verify=auto&no_verify=0&no_tty=1&proxy=netcat&socket=/run/x-1.sock&sshauth=agent,privkey";
  expect(parseAddress(`qemu+ssh://h/system?${query}`).params).toEqual({
    keyfile: "/k",
    known_hosts: "~/kh",
    known_hosts_verify: "auto",
    no_verify: "0",
    no_tty: "1",
    proxy: "netcat",
    socket: "/run/x-1.sock",
    sshauth: "agent,privkey",
  });
  expect(parseAddress("qemu+tls://h/system?pkipath=/p&no_verify=1").params).toEqual({
    pkipath: "/p",
    no_verify: "1",
  });
  expect(parseAddress("qemu:///system?SOCKET=/s").socket).toBe("/s");
});

test.each([
  ["qemu+ssh://h/system?command=/bin/evil", /"command" .*names a program to run/],
  ["qemu+ssh://h/system?netcat=/bin/evil", /"netcat" .*names a program to run/],
  ["qemu+ssh://h/system?COMMAND=x", /"command" .*names a program/],
  ["qemu+ssh://h/system?%63ommand=x", /"command" .*names a program/],
  ["qemu+ssh://h/system?__proto__=x", /"__proto__"/],
  ["qemu+ssh://h/system?constructor=x", /"constructor"/],
  ["qemu+ssh://h/system?pkipath=/p", /"pkipath"/],
  ["qemu:///system?keyfile=/k", /"keyfile"/],
  ["qemu+tcp://h/system?socket=/x", /"socket"/],
  ["qemu+ssh://h/system?socket=relative", /"socket" has a value/],
  ["qemu+ssh://h/system?socket=/a;reboot", /"socket" has a value/],
  ["qemu+ssh://h/system?socket=/a%27b", /"socket" has a value/],
  ["qemu+ssh://h/system?socket=/a%0Ab", /"socket" has a value/],
  [`qemu:///system?socket=/${"x".repeat(107)}`, /"socket" has a value/],
  ["qemu+ssh://h/system?socket=/a&socket=/b", /given twice/],
  ["qemu+ssh://h/system?known_hosts_verify=never", /"known_hosts_verify" has a value/],
  ["qemu+ssh://h/system?sshauth=rhosts", /"sshauth" has a value/],
  ["qemu+ssh://h/system?keyfile=", /"keyfile" has a value/],
  ["qemu+ssh://h/system?keyfile=%zz", /percent-encoding/],
  ["qemu+ext://h/system", /"ext" is refused: it runs a program/],
  ["qemu+libssh2://h/system", /"libssh2" is not known/],
  ["qemu+foo://h/system", /"foo" is not known/],
  ["xyz:///system", /driver "xyz"/],
  ["esx://h/", /driver "esx"/],
  ["https://10.0.0.1:8443", /HTTP server/],
  ["lxd+https://10.0.0.1:8443", /not how an LXD server is addressed/],
  ["lxd://", /not how an LXD server is addressed/],
  ["qemu:///elsewhere", /not a path of the qemu driver/],
  ["qemu+ssh://h/system;x", /characters/],
  ["test:///../etc/passwd", /characters/],
  ["qemu+ssh:///system", /needs a host/],
  ["qemu+unix://h/system", /names a host/],
  ["qemu+ssh://user@/system", /user but no host/],
  ["qemu+ssh://-oProxyCommand=x/system", /neither a host name/],
  ["qemu+ssh://-l@h/system", /not a login name/],
  ["qemu+ssh://::1/system", /neither a host name/],
  ["qemu+ssh://[::1/system", /neither a host name/],
  ["qemu+ssh://[nonsense]/system", /neither a host name/],
  ["qemu+ssh://bücher.example/system", /neither a host name/],
  ["qemu+ssh://h:0/system", /port/],
  ["qemu+ssh://h:65536/system", /port/],
  ["qemu+ssh://h:/system", /port/],
  ["qemu+ssh://h:22x/system", /port/],
  ["qemu+tls://me@h/system", /takes no user name/],
  ["qemu:///system#x", /fragment/],
  ["qemu:///system ", /space/],
  ["/var/run/libvirt/libvirt-sock", /not a libvirt connection URI/],
  ["192.168.1.2", /not a libvirt connection URI/],
  ["", /empty/],
])("%s is refused", (text, message) => {
  const refused = refusal(text);
  expect(refused.code).toBe("invalid-argument");
  expect(refused.message).toMatch(message);
  expect(refused.remedy).not.toBe("");
});

test.each([
  "qemu+ssh://user:hunter2@h/system",
  "qemu+ssh://user:hunter2@h@h/system",
  "qemu+ssh://user:hunter2@h/system?command=x",
  "qemu+ssh://h/system?password=hunter2",
  "qemu+ssh://user:hunter2@h:x/system#hunter2",
])("a password in %s is refused and not repeated", (text) => {
  expect(JSON.stringify(refusal(text))).not.toContain("hunter2");
});

test("a password is sent to its own input", () => {
  expect(refusal("qemu+ssh://user:x@h/system").remedy).toContain("`password`");
});

test("one daemon, however it is reached, is one canonical address; two daemons are two", () => {
  const canonical = (text: string): string => canonicalAddress(parseAddress(text));
  const same = [
    [
      "qemu:///system",
      "qemu+unix:///system",
      "qemu:///system?socket=/run/libvirt/libvirt-sock",
      "qemu:///?socket=/var/run/libvirt/libvirt-sock",
    ],
    ["qemu+ssh://a@Host/system", "qemu+ssh://b@host/system?keyfile=/k&no_verify=1", "qemu+ssh://host"],
    ["qemu+tcp://h/system", "qemu+tcp://h:16509/system"],
    ["qemu+tls://h/system", "qemu://h/system", "qemu+tls://h:16514/system?pkipath=/p"],
    ["qemu+ssh://a@h/session"],
    ["qemu+ssh://b@h/session"],
    ["qemu+ssh://h:22/system"],
    ["qemu+unix:///system?socket=/tmp/x"],
    ["test:///default"],
    ["test+tcp://h"],
  ];
  for (const group of same) expect(new Set(group.map(canonical)).size).toBe(1);
  expect(new Set(same.map(([first = ""]) => canonical(first))).size).toBe(same.length);
});

const piece = fc.oneof(
  fc.constantFrom(
    "qemu",
    "test",
    "+",
    "ssh",
    "unix",
    "tls",
    "://",
    "/",
    "//",
    "system",
    "?",
    "&",
    "=",
    "#",
    "@",
    ":",
    "[",
    "]",
    "%",
    "%25",
    "%00",
    "::1",
    "socket",
    "command",
    "-",
    "..",
    "host",
    "22",
  ),
  fc.string({ maxLength: 4 }),
);

test("whatever the text, it is read or refused in words, and nothing unsafe gets through", () => {
  const texts = fc.oneof(
    fc.string({ unit: "binary" }),
    fc
      .string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) })
      .map((text) => `qemu+ssh://${text}@h/system`),
    fc.array(piece, { maxLength: 14 }).map((parts) => parts.join("")),
    fc.array(piece, { maxLength: 8 }).map((parts) => `qemu+ssh://${parts.join("")}`),
    fc.array(piece, { maxLength: 8 }).map((parts) => `qemu+ssh://u@h/system?${parts.join("")}`),
  );
  fc.assert(
    fc.property(texts, (text) => {
      try {
        const address = parseAddress(text);
        expect(address.uri).toMatch(/^[a-z]+:\/\/\/[A-Za-z0-9_./-]*$/);
        expect(address.host ?? "").not.toMatch(/^-|[\s;'"`$\\]/);
        if (address.transport === "ssh") expect(address.socket ?? "/").toMatch(/^\/[A-Za-z0-9_./-]*$/);
        expect(canonicalAddress(parseAddress(address.label))).toBe(canonicalAddress(address));
      } catch (error) {
        if (!isDriverError(error)) throw error;
        expect(error).toMatchObject({ code: "invalid-argument", remedy: expect.any(String) });
      }
    }),
    { numRuns: 3000 },
  );
});
