import { domain, event, lifecycle, reply, replyError, text, u32, uuidBytes, uuidText } from "./daemon-bytes";
import { FakeDaemon, HOSTNAME, settle, sure } from "./fake-daemon";

const REGISTER = 316;
const DEREGISTER = 317;

/** A daemon that grants every subscription. */
async function granting() {
  const [daemon, connection] = await FakeDaemon.connected();
  daemon.answer = (packet) => {
    if ([REGISTER, 313, 368].includes(packet.procedure)) daemon.send(reply(packet, u32(3)));
    else if (packet.procedure === DEREGISTER) daemon.send(reply(packet));
    else daemon.handshake(packet);
  };
  return { daemon, connection };
}

describe("events", () => {
  it("arrive with their fields, in order, after one registration for all handlers", async () => {
    const { daemon, connection } = await granting();
    const seen: string[] = [];
    await connection.onDomainEvent("lifecycle", ({ msg }) => seen.push(`${msg.dom.name} ${msg.event}`));
    await connection.on("domain_lifecycle", ({ callbackID }) => seen.push(`callback ${callbackID}`));
    daemon.send(Buffer.concat([lifecycle("a", 2), lifecycle("b", 5)]));
    await settle();
    expect(seen).toEqual(["a 2", "callback 3", "b 5", "callback 3"]);
    const registrations = await daemon.calls(REGISTER);
    expect(registrations.map(({ body }) => body)).toEqual([u32(0, 0)]);
  });

  it("are decoded as their kind demands", async () => {
    const { daemon, connection } = await granting();
    const seen: unknown[] = [];
    await connection.onDomainEvent("agent_lifecycle", (message) => seen.push(message));
    await connection.onDomainEvent("device_removed", (message) => seen.push(message));
    await connection.on("network_lifecycle", (message) => seen.push(message));
    await connection.on("storage_pool_refresh", (message) => seen.push(message));
    daemon.send(event(348, u32(3), domain("a", 1), u32(1, 2)));
    daemon.send(event(333, u32(3), domain("a", 1), text("net0")));
    daemon.send(event(315, u32(3), text("lan"), uuidBytes, u32(2, 0)));
    daemon.send(event(373, u32(3), text("images"), uuidBytes));
    await settle();
    const dom = { name: "a", uuid: uuidText, id: 1 };
    expect(seen).toEqual([
      { callbackID: 3, dom, state: 1, reason: 2 },
      { callbackID: 3, msg: { dom, devAlias: "net0" } },
      { callbackID: 3, net: { name: "lan", uuid: uuidText }, event: 2, detail: 0 },
      { callbackID: 3, pool: { name: "images", uuid: uuidText } },
    ]);
  });

  it("in a burst neither delay a reply nor get lost", async () => {
    const { daemon, connection } = await granting();
    let count = 0;
    await connection.onDomainEvent("lifecycle", () => {
      count++;
      if (count % 2 === 0) throw new Error("a handler's own trouble");
    });
    const result = connection.call("connect_get_hostname");
    const [call] = await daemon.calls(HOSTNAME);
    const burst = Array.from({ length: 5000 }, (_, index) => lifecycle(`vm-${index}`, 2));
    daemon.send(Buffer.concat([...burst, reply(sure(call), text("host"))]));
    await expect(result).resolves.toEqual({ hostname: "host" });
    await settle();
    expect(count).toBe(5000);
  });

  it("that come in one chunk with the registration's reply are not lost", async () => {
    const { daemon, connection } = await granting();
    daemon.answer = (packet) => daemon.send(Buffer.concat([reply(packet, u32(3)), lifecycle("early", 2)]));
    const seen: string[] = [];
    await connection.onDomainEvent("lifecycle", ({ msg }) => seen.push(msg.dom.name));
    await settle();
    expect(seen).toEqual(["early"]);
  });

  it("stop when nobody wants them; the daemon is told with the number it gave", async () => {
    const { daemon, connection } = await granting();
    const seen: string[] = [];
    const handler = ({ msg }: { msg: { dom: { name: string } } }): number => seen.push(msg.dom.name);
    const first = await connection.onDomainEvent("lifecycle", handler);
    const second = await connection.onDomainEvent("lifecycle", handler);
    await first();
    expect(daemon.received.some(({ procedure }) => procedure === DEREGISTER)).toBe(false);
    daemon.send(lifecycle("once", 2));
    await settle();
    await second();
    const [call] = await daemon.calls(DEREGISTER);
    expect(call?.body).toEqual(u32(3));
    daemon.send(lifecycle("late", 2));
    await settle();
    expect(seen).toEqual(["once"]);
  });

  it("that the daemon refuses leave no handler behind, and can be asked for again", async () => {
    const { daemon, connection } = await granting();
    const usual = daemon.answer;
    daemon.answer = (packet) => daemon.send(replyError(packet, 3, "this function is not supported"));
    const seen: string[] = [];
    await expect(connection.onDomainEvent("lifecycle", () => seen.push("never"))).rejects.toMatchObject({
      code: "unsupported",
    });
    daemon.answer = usual;
    await connection.onDomainEvent("lifecycle", () => seen.push("now"));
    daemon.send(lifecycle("a", 2));
    await settle();
    expect(seen).toEqual(["now"]);
  });

  it("that nobody asked for or that we do not know are ignored", async () => {
    const { daemon, connection } = await granting();
    daemon.send(Buffer.concat([lifecycle("a", 2), event(9999, u32(1))]));
    await settle();
    expect(connection.error).toBeUndefined();
  });

  it("that are malformed end the connection", async () => {
    const { daemon, connection } = await granting();
    await connection.onDomainEvent("lifecycle", () => undefined);
    daemon.send(event(318, u32(3)));
    await settle();
    expect(connection.error).toMatchObject({ code: "failed" });
  });
});
