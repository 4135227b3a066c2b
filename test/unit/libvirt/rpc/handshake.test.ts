import { AUTH_LIST, FakeDaemon, OPEN, type Received, SUPPORTS_FEATURE } from "./fake-daemon";
import { replyError, reply, some, text, u32 } from "./daemon-bytes";

const AUTH_POLKIT = 70;

/** A daemon that offers these kinds of authentication. */
function offering(...types: number[]): FakeDaemon {
  const daemon = new FakeDaemon();
  daemon.answer = (packet) => {
    if (packet.procedure === AUTH_LIST) daemon.send(reply(packet, u32(types.length, ...types)));
    else if (packet.procedure === AUTH_POLKIT) daemon.send(reply(packet, u32(1)));
    else daemon.handshake(packet);
  };
  return daemon;
}

const procedures = (daemon: FakeDaemon): number[] => daemon.received.map(({ procedure }) => procedure);

describe("opening a connection", () => {
  it("asks for authentication first, then for keepalive, then opens the hypervisor by its URI", async () => {
    const daemon = offering(0);
    await daemon.open({ uri: "qemu:///system" });
    expect(procedures(daemon)).toEqual([AUTH_LIST, SUPPORTS_FEATURE, OPEN]);
    expect(daemon.received[1]?.body).toEqual(u32(10));
    expect(daemon.received[2]?.body).toEqual(Buffer.concat([some(text("qemu:///system")), u32(0)]));
  });

  it("can be read-only", async () => {
    const daemon = offering(0);
    await daemon.open({ readOnly: true });
    expect(daemon.received[2]?.body.subarray(-4)).toEqual(u32(1));
  });

  it("uses polkit where the daemon wants it", async () => {
    const daemon = offering(2);
    await daemon.open();
    expect(procedures(daemon)).toEqual([AUTH_LIST, AUTH_POLKIT, SUPPORTS_FEATURE, OPEN]);
  });

  it("prefers no authentication to any other", async () => {
    const daemon = offering(1, 2, 0);
    await daemon.open();
    expect(procedures(daemon)).not.toContain(AUTH_POLKIT);
  });

  it("says what to do when polkit refuses", async () => {
    const daemon = offering(2);
    const usual = daemon.answer;
    daemon.answer = (packet) =>
      packet.procedure === AUTH_POLKIT
        ? daemon.send(replyError(packet, 94, "authentication unavailable: no polkit agent available"))
        : usual(packet);
    await expect(daemon.open()).rejects.toMatchObject({
      code: "authentication-failed",
      message: "authentication unavailable: no polkit agent available",
      remedy: expect.stringContaining("group libvirt") as string,
    });
    expect(daemon.client.destroyed).toBe(true);
  });

  it("refuses SASL in one sentence", async () => {
    await expect(offering(1).open()).rejects.toMatchObject({
      code: "authentication-failed",
      message: expect.stringContaining("SASL") as string,
      remedy: expect.stringContaining("libvirtd.conf") as string,
    });
  });

  it("does without keepalive when the daemon does not know the question", async () => {
    const daemon = offering(0);
    const usual = daemon.answer;
    daemon.answer = (packet) =>
      packet.procedure === SUPPORTS_FEATURE ? daemon.send(replyError(packet, 3, "no")) : usual(packet);
    await expect(daemon.open()).resolves.toBeDefined();
  });

  it("fails with the daemon's words when the hypervisor cannot be opened, and closes the socket", async () => {
    const daemon = offering(0);
    const usual = daemon.answer;
    daemon.answer = (packet) =>
      packet.procedure === OPEN
        ? daemon.send(replyError(packet, 5, "no connection driver available"))
        : usual(packet);
    await expect(daemon.open()).rejects.toMatchObject({
      code: "unsupported",
      message: "no connection driver available",
    });
    expect(daemon.client.destroyed).toBe(true);
  });

  it.each([AUTH_LIST, SUPPORTS_FEATURE, OPEN])("fails when the daemon dies at procedure %i", async (last) => {
    const daemon = offering(0);
    const usual = daemon.answer;
    daemon.answer = (packet: Received) => (packet.procedure === last ? daemon.die() : usual(packet));
    await expect(daemon.open()).rejects.toMatchObject({ code: "connection-lost" });
  });

  it("fails within its deadline when the daemon accepts and never answers", async () => {
    const daemon = new FakeDaemon();
    daemon.answer = () => undefined;
    await expect(daemon.open({ openTimeoutMs: 30 })).rejects.toMatchObject({
      code: "timeout",
      message: "The host accepted the connection but did not answer within 0 s",
    });
    expect(daemon.client.destroyed).toBe(true);
  });

  it("fails when what answers is not a libvirt daemon", async () => {
    const daemon = new FakeDaemon();
    daemon.send(Buffer.from("SSH-2.0-OpenSSH_9.2\r\n"));
    await expect(daemon.open()).rejects.toMatchObject({
      code: "failed",
      message: expect.stringContaining("is this really a libvirt daemon?") as string,
    });
  });
});
