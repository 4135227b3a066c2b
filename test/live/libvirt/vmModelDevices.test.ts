import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { defined, drift } from "./vmModel-bench";
import { failure, VmBench } from "./vms-bench";

let bench: VmBench;

beforeAll(async () => {
  bench = await VmBench.open("modeldev", 79);
});
afterEach(() => bench?.removeAll());
afterAll(() => bench?.close());

describe("the devices of a VM, defined on a real host and told by virsh", () => {
  test("screen, sound and what comes with SPICE", async () => {
    const xml = await defined(bench, "spice", {
      graphics: {
        type: "spice",
        listen: "127.0.0.1",
        port: 5910,
        password: "hidden",
        keymap: "de",
        spice: {
          ...{
            image: "off",
            jpeg: "auto",
            zlib: "never",
            playback: true,
            streaming: "filter",
            mouse: "client",
          },
          ...{ clipboard: false, fileTransfer: false },
        },
      },
    });
    for (const part of [
      /<graphics type='spice' port='5910' autoport='no' listen='127.0.0.1' keymap='de' passwd='hidden'/,
      /<clipboard copypaste='no'\/>/,
      /<model type='qxl'/,
      /<sound model='ich6'>/,
      /<target type='virtio' name='com.redhat.spice.0'\/>/,
      /(<redirdev bus='usb' type='spicevmc'>[^]*){3}/,
    ])
      expect(xml).toMatch(part);
    const vnc = await defined(bench, "vnc", {
      graphics: { password: "hidden", websocket: -1, sharePolicy: "force-shared", listen: "0.0.0.0" },
      video: { model: "qxl", vram: 64, ram: 64, vgamem: 16, heads: 2, resolution: "1280x800" },
      sound: { codecs: ["micro", "output"] },
    });
    expect(vnc).toMatch(/<graphics type='vnc' port='-1' autoport='yes' websocket='-1' listen='0.0.0.0'/);
    expect(vnc).toMatch(
      /vram='65536' vgamem='16384' heads='2' primary='yes'>\s*<resolution x='1280' y='800'/,
    );
    expect(
      await defined(bench, "socket", { graphics: { socket: "/run/vnc.sock" }, video: { model: "none" } }),
    ).toMatch(/<listen type='socket' socket='\/run\/vnc.sock'\/>/);
  });

  test("lines, channels, input, memory of several VMs and small devices", async () => {
    const xml = await defined(bench, "devices", {
      inputs: [
        { name: "tablet", type: "tablet", bus: "usb" },
        { name: "keys", type: "keyboard", bus: "virtio" },
        { name: "evdev", type: "evdev", path: "/dev/input/event0" },
      ],
      serials: [
        { name: "log", type: "file", path: "/tmp/serial.log", append: true },
        { name: "net", type: "tcp", mode: "bind", host: "127.0.0.1", service: 4555, protocol: "telnet" },
        {
          name: "pci",
          type: "unix",
          path: "/tmp/s.sock",
          mode: "bind",
          logFile: "/tmp/s.log",
          device: "pci-serial",
        },
      ],
      consoles: [{ name: "hvc" }],
      channels: [
        { name: "org", target: "org.example.0" },
        { name: "file", target: "org.file", type: "file", path: "/tmp/c" },
      ],
      redirections: [{ name: "usb", type: "tcp", mode: "connect", host: "localhost", service: 4000 }],
      sharedMemory: [{ name: "shm0", size: 4, role: "peer" }],
      watchdog: { action: "poweroff" },
      rng: { device: "/dev/random", bytes: 1024, period: 1000 },
      panic: true,
      vsock: { cid: 7 },
    });
    for (const part of [
      /<serial type='pty'>\s*<target type='isa-serial' port='0'>/,
      /<source path='\/tmp\/serial.log' append='on'\/>\s*<target type='isa-serial' port='1'>/,
      /<protocol type='telnet'\/>/,
      /<target type='pci-serial'/,
      /<log file='\/tmp\/s.log'/,
      /<target type='virtio' port='1'\/>/,
      /<target type='virtio' name='org.example.0'\/>/,
      /<redirdev bus='usb' type='tcp'>/,
      /<shmem name='shm0' role='peer'>/,
      /<watchdog model='i6300esb' action='poweroff'>/,
      /<rate bytes='1024' period='1000'\/>/,
      /<panic model='isa'>/,
      /<cid auto='no' address='7'\/>/,
    ])
      expect(xml).toMatch(part);
    const first = { console: false, serials: [{ name: "first", type: "file", path: "/tmp/first" }] };
    const spec = bench.spec("first", first);
    expect(drift(spec, await bench.create(spec))).toEqual([]);
    expect(await bench.xml("first")).toMatch(/<target type='isa-serial' port='0'>[^]*ua-serials-first/);
  });

  test("folders and devices of the host", async () => {
    const xml = await defined(bench, "host", {
      memoryBacking: { source: "memfd", access: "shared" },
      filesystems: [
        { name: "nine", source: "/srv", target: "srv", accessMode: "mapped", readOnly: true },
        {
          name: "quick",
          type: "virtiofs",
          source: "/home",
          target: "home",
          queue: 1024,
          cache: "always",
          xattr: true,
        },
      ],
      hostDevices: [
        { name: "card", pci: "0000:06:12.5", romBar: false },
        { name: "stick", usb: "1234:BEEF", optional: true },
        { name: "port", usb: "1.4" },
        { name: "part", mdev: "c2177883-f1bb-47f0-914d-32a22e3a8804", display: false },
        { name: "lun", scsi: "host0:0:0:1" },
      ],
    });
    for (const part of [
      /<filesystem type='mount' accessmode='mapped'>\s*<driver type='path'\/>/,
      /<driver type='virtiofs' queue='1024'\/>/,
      /<hostdev mode='subsystem' type='pci' managed='yes'>/,
      /<address domain='0x0000' bus='0x06' slot='0x12' function='0x5'\/>/,
      /<source startupPolicy='optional'>\s*<vendor id='0x1234'\/>\s*<product id='0xbeef'\/>/,
      /<address bus='1' device='4'\/>/,
      /<address uuid='c2177883-f1bb-47f0-914d-32a22e3a8804'\/>/,
      /<adapter name='scsi_host0'\/>/,
    ])
      expect(xml).toMatch(part);
  });

  test("disks and drives with everything that can be said of them", async () => {
    const xml = await defined(bench, "disks", {
      cpu: { iothreads: 1 },
      disks: [
        {
          ...{
            size: "1MiB",
            detectZeroes: "unmap",
            discard: "unmap",
            copyOnRead: true,
            errorPolicy: "report",
          },
          ...{
            readErrorPolicy: "ignore",
            iothread: 1,
            queues: 2,
            logicalBlockSize: 512,
            physicalBlockSize: 4096,
          },
          iotune: {
            totalBytesSec: "10MiB",
            totalBytesSecMax: "20MiB",
            totalBytesSecMaxLength: 5,
            readIopsSec: 100,
          },
        },
        {
          ...{
            name: "s",
            size: "1MiB",
            bus: "scsi",
            format: "raw",
            shareable: true,
            cache: "none",
            io: "native",
          },
          ...{
            wwn: "0x5000C50015EA71AC",
            vendor: "ACME",
            product: "Disk 9",
            rotationRate: 7200,
            serial: "S1",
          },
        },
        { name: "stick", size: "1MiB", bus: "usb", removable: true },
        { name: "cd", device: "cdrom", path: "/var/lib/libvirt/boot/none.iso", startupPolicy: "optional" },
      ],
    });
    for (const part of [
      /error_policy='report' rerror_policy='ignore' copy_on_read='on' discard='unmap' iothread='1'/,
      /detect_zeroes='unmap' queues='2'/,
      /<blockio logical_block_size='512' physical_block_size='4096'\/>/,
      /<total_bytes_sec>10485760<\/total_bytes_sec>/,
      /<total_bytes_sec_max_length>5</,
      /<shareable\/>/,
      /<wwn>5000c50015ea71ac<\/wwn>/,
      /<vendor>ACME<\/vendor>/,
      /rotation_rate='7200'/,
      /removable='on'/,
      /startupPolicy='optional'/,
    ])
      expect(xml).toMatch(part);
  });

  test("interfaces of every kind", async () => {
    const [network] = bench.networks;
    const xml = await defined(bench, "nics", {
      interfaces: [
        {
          ...{
            network,
            queues: 2,
            driver: "vhost",
            rxQueueSize: 512,
            mtu: 1400,
            link: "down",
            isolated: true,
          },
          ...{ filter: "clean-traffic", filterParameters: { IP: "10.75.0.9" } },
          bandwidth: {
            inbound: { average: 1000, peak: 5000, burst: 5120, floor: 200 },
            outbound: { average: 128 },
          },
        },
        {
          name: "ovs",
          bridge: "ovsbr0",
          virtualPort: { type: "openvswitch", profileId: "menial" },
          vlan: { tags: [42, 47], trunk: true },
        },
        { name: "vf", sriov: "0000:06:10.1", vlan: { tags: [42] } },
        { name: "tap", ethernet: true, script: "/etc/qemu-ifup", targetDev: "mytap0" },
        { name: "out", user: true, link: "up" },
        {
          name: "mac",
          macvlan: "lo",
          macvlanMode: "passthru",
          trustGuestRxFilters: true,
          vlan: { tags: [7] },
        },
      ],
    });
    for (const part of [
      /<driver name='vhost' queues='2' rx_queue_size='512'\/>/,
      /<mtu size='1400'\/>/,
      /<link state='down'\/>/,
      /<port isolated='yes'\/>/,
      /<filterref filter='clean-traffic'>\s*<parameter name='IP' value='10.75.0.9'\/>/,
      /<inbound average='1000' peak='5000' floor='200' burst='5120'\/>/,
      /<vlan trunk='yes'>\s*<tag id='42'\/>\s*<tag id='47'\/>/,
      /<virtualport type='openvswitch'>/,
      /<interface type='hostdev' managed='yes'>/,
      /<script path='\/etc\/qemu-ifup'\/>/,
      /<interface type='user'>/,
      /trustGuestRxFilters='yes'/,
    ])
      expect(xml).toMatch(part);
  });

  test("which devices of the host a VM has is told to every program that lists it", async () => {
    await bench.create(
      bench.spec("holder", {
        interfaces: [
          { name: "vf", sriov: "0000:06:10.1" },
          { name: "mac", macvlan: "lo", macvlanMode: "passthru" },
          { name: "usual", macvlan: "lo", macvlanMode: "bridge" },
        ],
        hostDevices: [{ name: "card", pci: "0000:06:10.3" }],
      }),
    );
    const [listed] = await bench.driver.vms.list();
    expect(listed?.attachments).toEqual([
      { name: "vf", device: "0000:06:10.1", sriov: true },
      { name: "mac", device: "lo", macvlanMode: "passthru" },
      { name: "usual", device: "lo", macvlanMode: "bridge" },
    ]);
    expect(listed?.pciDevices).toEqual(["0000:06:10.3"]);
    expect(await bench.xml("holder")).toMatch(/<source dev='lo' mode='passthrough'\/>/);
    await bench.removeAll();
  });

  test("a network filter that the host has not is told before anything is made", async () => {
    const spec = bench.spec("filter", {
      disks: [{ size: "1MiB" }],
      interfaces: [{ network: bench.networks[0], filter: "no-such-filter" }],
    });
    const error = await failure(bench.create(spec));
    expect(error.message).toBe(
      'interface "eth0" names the network filter "no-such-filter", which the host has not',
    );
    expect([await bench.domains(), await bench.volumes()]).toEqual([[], []]);
  });
});
