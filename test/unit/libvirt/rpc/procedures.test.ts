import { decodeBody } from "../../../../provider/libvirt/rpc/wire/message";
import {
  events,
  type Procedure,
  type Procedures,
  procedures,
} from "../../../../provider/libvirt/rpc/procedures.gen";
import { param } from "../../../../provider/libvirt/rpc/wire/typedParams";
import { XdrError, XdrReader, XdrWriter } from "../../../../provider/libvirt/rpc/wire/xdr";
import { domain, none, some, text, u32, u64, uuidBytes, uuidText } from "./daemon-bytes";

const all = Object.values(procedures) as Procedure<unknown, unknown>[];
const dom = { name: "web", uuid: uuidText, id: -1 };

function encoded<N extends keyof Procedures>(name: N, args: Procedures[N]["args"]): Buffer {
  const writer = new XdrWriter();
  (procedures[name] as Procedure<Procedures[N]["args"], unknown>).args.write(writer, args);
  return writer.finish();
}

const decoded = <N extends keyof Procedures>(name: N, ...bytes: Buffer[]): Procedures[N]["ret"] =>
  decodeBody(
    (procedures[name] as Procedure<unknown, Procedures[N]["ret"]>).ret,
    new XdrReader(Buffer.concat(bytes)),
  );

describe("the procedure table", () => {
  it("has one number per procedure of a program, shared with no event", () => {
    const numbers = [...all, ...Object.values(events)].map(({ program, number }) => `${program}/${number}`);
    expect(new Set(numbers).size).toBe(numbers.length);
  });

  it("knows which calls are followed by a stream", () => {
    const streams = all.filter(({ stream }) => stream).map(({ name, stream }) => `${name} ${stream}`);
    expect(streams.sort()).toEqual([
      "domain_open_channel read",
      "domain_open_console read",
      "domain_screenshot read",
      "storage_vol_download read",
      "storage_vol_upload write",
    ]);
  });

  it("repeats by itself only what changes nothing", () => {
    const changing =
      /(^|_)(set|create|define|undefine|delete|destroy|start|shutdown|reboot|reset|suspend|resume|attach|detach|update|resize|upload|wipe|build|refresh|abort|save|restore|remove|rename|commit|rebase|pull|copy|freeze|thaw|fsfreeze|fsthaw|trim|send|pin|add|del|register|deregister|open|close|alloc|migrate|revert|command|screenshot)(_|$)/;
    const suspicious = all.filter(({ name, safe }) => safe && changing.test(name)).map(({ name }) => name);
    // These read: what is pinned, what a save image holds, what a migration's limit is.
    expect(suspicious.sort()).toEqual([
      "domain_get_emulator_pin_info",
      "domain_get_vcpu_pin_info",
      "domain_has_managed_save_image",
      "domain_managed_save_get_xml_desc",
      "domain_migrate_get_max_downtime",
      "domain_migrate_get_max_speed",
      "domain_save_image_get_xml_desc",
    ]);
    expect(procedures.domain_lookup_by_uuid.safe).toBe(true);
    expect(procedures.connect_list_all_domains.safe).toBe(true);
  });
});

describe("arguments, as libvirt's own client writes them", () => {
  it.each<[string, Buffer, Buffer]>([
    [
      "domain_define_xml_flags",
      encoded("domain_define_xml_flags", { xml: "<domain/>", flags: 1 }),
      Buffer.concat([text("<domain/>"), u32(1)]),
    ],
    [
      "domain_set_memory_flags",
      encoded("domain_set_memory_flags", { dom, memory: 1n << 33n, flags: 3 }),
      Buffer.concat([domain("web", -1), u64(1n << 33n), u32(3)]),
    ],
    [
      "domain_set_metadata",
      encoded("domain_set_metadata", { dom, type: 2, metadata: "<m/>", key: null, uri: "urn:x", flags: 2 }),
      Buffer.concat([domain("web", -1), u32(2), some(text("<m/>")), none, some(text("urn:x")), u32(2)]),
    ],
    [
      "domain_migrate_perform3_params",
      encoded("domain_migrate_perform3_params", {
        dom,
        dconnuri: "qemu:///system",
        params: [
          param.string("migrate_uri", "tcp://b"),
          param.ullong("bandwidth", 5n),
          param.int("parallel", 2),
        ],
        cookie_in: Buffer.alloc(0),
        flags: 2,
      }),
      Buffer.concat([
        domain("web", -1),
        some(text("qemu:///system")),
        u32(3),
        ...[text("migrate_uri"), u32(7), text("tcp://b")],
        ...[text("bandwidth"), u32(4), u64(5n)],
        ...[text("parallel"), u32(1, 2)],
        u32(0, 2),
      ]),
    ],
    [
      "storage_vol_upload",
      encoded("storage_vol_upload", {
        vol: { pool: "p", name: "v", key: "k" },
        offset: 1n,
        length: 2n,
        flags: 1,
      }),
      Buffer.concat([text("p"), text("v"), text("k"), u64(1n), u64(2n), u32(1)]),
    ],
    [
      "connect_domain_event_callback_register_any",
      encoded("connect_domain_event_callback_register_any", { eventID: 18, dom }),
      Buffer.concat([u32(18), some(domain("web", -1))]),
    ],
  ])("%s", (_, bytes, expected) => {
    expect(bytes).toEqual(expected);
  });

  it("are refused beyond the protocol's limits", () => {
    const codeset = { dom, codeset: 0, holdtime: 0, flags: 0 };
    expect(() =>
      encoded("domain_send_key", { ...codeset, keycodes: Array.from({ length: 17 }, () => 1) }),
    ).toThrow(XdrError);
  });
});

describe("results", () => {
  it("of a list", () => {
    expect(decoded("connect_list_all_domains", u32(2), domain("a", 1), domain("b", -1), u32(2))).toEqual({
      domains: [
        { name: "a", uuid: uuidText, id: 1 },
        { name: "b", uuid: uuidText, id: -1 },
      ],
      ret: 2,
    });
  });

  it("of leases, with absent values as null", () => {
    const lease = [text("virbr0"), u64(1700000000n), u32(0), some(text("52:54:00:00:00:01")), none];
    const rest = [text("192.168.1.5"), u32(24), none, none];
    expect(decoded("network_get_dhcp_leases", u32(1), ...lease, ...rest, u32(1)).leases).toEqual([
      {
        iface: "virbr0",
        expirytime: 1700000000n,
        type: 0,
        mac: "52:54:00:00:00:01",
        iaid: null,
        ipaddr: "192.168.1.5",
        prefix: 24,
        hostname: null,
        clientid: null,
      },
    ]);
  });

  it("of addresses, nested", () => {
    const address = Buffer.concat([u32(1), u32(0), text("10.0.0.2"), u32(24)]);
    const { ifaces } = decoded("domain_interface_addresses", u32(1), text("eth0"), none, address);
    expect(ifaces).toEqual([
      { name: "eth0", hwaddr: null, addrs: [{ type: 0, addr: "10.0.0.2", prefix: 24 }] },
    ]);
  });

  it("of typed parameters of every type", () => {
    const one = (field: string, type: number, value: Buffer): Buffer =>
      Buffer.concat([text(field), u32(type), value]);
    const bytes = [
      one("i", 1, u32(-1)),
      one("u", 2, u32(2 ** 31)),
      one("l", 3, u64(-1n)),
      one("ul", 4, u64(1n << 63n)),
      one("d", 5, Buffer.from("3ff8000000000000", "hex")),
      one("b", 6, u32(1)),
      one("s", 7, text("x")),
    ];
    const { params } = decoded("domain_get_guest_info", u32(7), ...bytes);
    expect(Object.fromEntries(params.map(({ field, value }) => [field, value.value]))).toEqual({
      i: -1,
      u: 2 ** 31,
      l: -1n,
      ul: 1n << 63n,
      d: 1.5,
      b: true,
      s: "x",
    });
    expect(() => decoded("domain_get_guest_info", u32(1), one("x", 8, u32(0)))).toThrow(XdrError);
    const written = encoded("domain_set_blkio_parameters", { dom, params, flags: 0 });
    expect(written).toEqual(Buffer.concat([domain("web", -1), u32(7), ...bytes, u32(0)]));
  });

  it("of a pool by its UUID", () => {
    expect(decoded("storage_pool_lookup_by_name", text("images"), uuidBytes)).toEqual({
      pool: { name: "images", uuid: uuidText },
    });
  });
});
