import type { Duplex } from "node:stream";
import { LibvirtSession, type LibvirtSessionOptions } from "../../../../provider/libvirt/session";
import { reply, text } from "./daemon-bytes";
import { FakeDaemon, HOSTNAME, type Received, settle } from "./fake-daemon";

/** A host: every dial reaches a new connection to the same daemon. */
export class FakeHost {
  readonly daemons: FakeDaemon[] = [];
  dials = 0;
  /** Answers what the handshake does not. */
  answer: (daemon: FakeDaemon, packet: Received) => void = (daemon, packet) => {
    if (packet.procedure === HOSTNAME) daemon.send(reply(packet, text("host")));
  };
  refuse: (dial: number) => Error | undefined = () => undefined;

  readonly dial = (): Promise<Duplex> => {
    const refusal = this.refuse(++this.dials);
    if (refusal) return Promise.reject(refusal);
    const daemon = new FakeDaemon();
    daemon.answer = (packet) => {
      if (!daemon.handshake(packet)) this.answer(daemon, packet);
    };
    this.daemons.push(daemon);
    return Promise.resolve(daemon.client);
  };

  session(options: Partial<LibvirtSessionOptions> = {}): LibvirtSession {
    return new LibvirtSession({ uri: "test:///default", label: "test://host", dial: this.dial, ...options });
  }

  received(procedure: number): Received[] {
    return this.daemons.flatMap((daemon) =>
      daemon.received.filter((packet) => packet.procedure === procedure),
    );
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await settle();
  }
}
