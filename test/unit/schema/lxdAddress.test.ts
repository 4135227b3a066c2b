import { describe, expect, test } from "@jest/globals";
import { sameHost } from "../../../provider/schema/table/common";
import { kindOf } from "../../../provider/schema/address/hostKind";
import { parseLxdAddress } from "../../../provider/schema/address/lxdAddress";
import { complaints } from "./complaints";

describe("the address of an LXD server", () => {
  test.each([
    ["https://10.0.0.5:8443", "https://10.0.0.5:8443"],
    ["https://10.0.0.5", "https://10.0.0.5:8443"],
    ["https://lxd.example.org/", "https://lxd.example.org:8443"],
    ["lxd.example.org", "https://lxd.example.org:8443"],
    ["lxd1:9443", "https://lxd1:9443"],
    ["[2001:db8::1]", "https://[2001:db8::1]:8443"],
    ["https://[2001:db8::1]:443", "https://[2001:db8::1]:443"],
    ["unix:///var/lib/lxd/unix.socket", "unix:///var/lib/lxd/unix.socket"],
    ["unix://", "unix://"],
  ])("%s is %s", (text, label) => {
    expect(kindOf(text)).toBe("lxd");
    expect(parseLxdAddress(text).label).toBe(label);
    expect(complaints("VmHost", { address: text })).toEqual([]);
  });

  test.each([
    "https://",
    "https://a b",
    "https://host:99999",
    "https://[zz]",
    "https://user@host",
    "https://host/1.0",
  ])("%s is refused in preview", (address) => {
    expect(complaints("VmHost", { address })).toEqual([expect.stringMatching(/^address: ./)]);
  });

  test.each(["qemu:///system", "qemu+ssh://lxd.example.org/system", "test:///default", "nowhere"])(
    "%s is none",
    (address) => expect(kindOf(address)).toBe("libvirt"),
  );

  test("the same server written differently is the same host; another project of it is not", () => {
    expect(sameHost({ address: "10.0.0.5" }, { address: "https://10.0.0.5:8443" })).toBe(true);
    expect(sameHost({ address: "10.0.0.5" }, { address: "10.0.0.6" })).toBe(false);
    expect(sameHost({ address: "10.0.0.5", project: "a" }, { address: "10.0.0.5", project: "b" })).toBe(
      false,
    );
  });
});
