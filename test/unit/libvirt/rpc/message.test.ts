import fc from "fast-check";
import {
  decodeMessage,
  encodePacket,
  encodePrefix,
  PACKET_MAX,
  PacketSplitter,
} from "../../../../provider/libvirt/rpc/wire/message";
import { XdrError } from "../../../../provider/libvirt/rpc/wire/xdr";
import { CALL, CONTINUE, OK, packet, ping, REMOTE, REPLY, reply, STREAM, text, u32 } from "./daemon-bytes";

const asked = { program: REMOTE, procedure: 59, serial: 7 };

/** Every packet without its length word, whatever the chunks were. */
function split(chunks: Iterable<Buffer>): Buffer[] {
  const packets: Buffer[] = [];
  const splitter = new PacketSplitter((found) => packets.push(Buffer.from(found)));
  for (const chunk of chunks) splitter.push(chunk);
  return packets;
}

describe("a packet", () => {
  it("is length, six header words, body", () => {
    const header = { program: REMOTE, version: 1, procedure: 350, type: CALL, serial: 3, status: OK };
    const bytes = encodePacket(header, (writer) => writer.string("<domain/>", 100).uint(1));
    expect(bytes).toEqual(packet({ ...header }, text("<domain/>"), u32(1)));
    expect(bytes.readUInt32BE(0)).toBe(bytes.length);
  });

  it("counts a payload that is sent separately", () => {
    const header = { program: REMOTE, version: 1, procedure: 208, type: STREAM, serial: 3, status: CONTINUE };
    expect(Buffer.concat([encodePrefix(header, 5), Buffer.from("bytes")])).toEqual(
      packet({ ...header }, Buffer.from("bytes")),
    );
  });

  it("cannot be larger than the protocol allows", () => {
    const header = { program: REMOTE, version: 1, procedure: 208, type: STREAM, serial: 3, status: CONTINUE };
    expect(() => encodePrefix(header, PACKET_MAX)).toThrow(XdrError);
  });

  it("is read back to its header and body", () => {
    const message = decodeMessage(reply(asked, text("host")).subarray(4));
    expect(message.header).toEqual({ ...asked, version: 1, type: REPLY, status: OK });
    expect(message.body.string(100)).toBe("host");
  });

  it.each([
    ["another protocol version", u32(REMOTE, 2, 59, REPLY, 7, OK)],
    ["an unknown type", u32(REMOTE, 1, 59, 7, 7, OK)],
    ["an unknown status", u32(REMOTE, 1, 59, REPLY, 7, 3)],
    ["a header that is cut", u32(REMOTE, 1, 59)],
  ])("is refused with %s", (_, bytes) => {
    expect(() => decodeMessage(bytes)).toThrow(XdrError);
  });
});

describe("the splitter", () => {
  const packets = [reply(asked, text("host")), ping, reply(asked, text("x".repeat(61)), u32(1, 2))];
  const stream = Buffer.concat(packets);
  const bodies = packets.map((bytes) => bytes.subarray(4));

  it("finds the packets wherever the stream is cut in two", () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      expect(split([stream.subarray(0, cut), stream.subarray(cut)])).toEqual(bodies);
    }
  });

  it("finds the packets in single bytes", () => {
    expect(split(Array.from(stream, (byte) => Buffer.of(byte)))).toEqual(bodies);
  });

  it("finds the packets in any chunks", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: stream.length }), { maxLength: 20 }), (cuts) => {
        const edges = [0, ...cuts.sort((a, b) => a - b), stream.length];
        expect(split(edges.slice(1).map((end, index) => stream.subarray(edges[index], end)))).toEqual(bodies);
      }),
    );
  });

  it("takes the largest packet there is, but keeps only what has arrived of it", () => {
    expect(split([u32(PACKET_MAX), Buffer.alloc(1000)])).toEqual([]);
  });

  it.each([
    ["smaller than a header", u32(27)],
    ["zero", u32(0)],
    ["above the protocol's maximum", u32(PACKET_MAX + 1)],
    ["the greeting of another protocol", Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")],
  ])("refuses a length that is %s, and everything after it", (_, bytes) => {
    const splitter = new PacketSplitter(() => undefined);
    expect(() => splitter.push(bytes)).toThrow(XdrError);
    expect(() => splitter.push(ping)).toThrow(XdrError);
  });

  it("never crashes on hostile bytes", () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 10 }), (chunks) => {
        try {
          split(chunks.map((chunk) => Buffer.from(chunk)));
        } catch (error) {
          expect(error).toBeInstanceOf(XdrError);
        }
      }),
    );
  });
});
