import { parseAddress } from "../../../provider/schema/address/address";
import { openTransport, type Credentials } from "../../../provider/libvirt/transport/dial";
import { roundTrip } from "../../support/sshd";

/** Opens a stream to something that echoes, uses it and closes the transport; its warnings. */
export async function sayHello(address: string, credentials: Credentials = {}): Promise<readonly string[]> {
  const transport = openTransport(parseAddress(address), credentials, { timeoutMs: 10_000 });
  try {
    const echoed = await roundTrip(await transport.dial(), Buffer.from("hello"));
    if (echoed.toString() !== "hello") throw new Error(`the echo of hello is ${echoed.toString()}`);
    return transport.warnings;
  } finally {
    await transport.close();
  }
}
