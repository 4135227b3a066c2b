import type { BareCall } from "./calls";
import { type EventHandler, EventHub, type EventKind, eventKinds } from "./events";
import type { XdrReader } from "./wire/xdr";

/** The subscriptions of one connection: the daemon is told once per kind, however many handlers there are. */
export class Subscriptions {
  readonly #hub = new EventHub();
  readonly #registrations = new Map<EventKind, Promise<number>>();

  constructor(private readonly call: BareCall) {}

  async on<K extends EventKind>(kind: K, handler: EventHandler<K>): Promise<() => Promise<void>> {
    // Its own function each time, so that a handler given twice is called twice and leaves once.
    const own: EventHandler<K> = (event) => handler(event);
    // Before the registration: its first event may come in the same chunk as its reply.
    this.#hub.add(kind, own);
    try {
      await this.#registration(kind);
    } catch (error) {
      this.#hub.remove(kind, own);
      throw error;
    }
    return () => this.#off(kind, own);
  }

  dispatch(procedure: number, body: XdrReader): void {
    this.#hub.dispatch(procedure, body);
  }

  #registration(kind: EventKind): Promise<number> {
    const known = this.#registrations.get(kind);
    if (known) return known;
    const registration = register(this.call, kind);
    this.#registrations.set(kind, registration);
    registration.catch(() => this.#registrations.delete(kind));
    return registration;
  }

  async #off<K extends EventKind>(kind: K, handler: EventHandler<K>): Promise<void> {
    if (!this.#hub.remove(kind, handler)) return;
    const registration = this.#registrations.get(kind);
    this.#registrations.delete(kind);
    // The way out always works: a connection that is gone has forgotten us anyway.
    await registration?.then((callbackID) => deregister(this.call, kind, callbackID)).catch(() => undefined);
  }
}

/** Asks the daemon to send events of this kind, for all objects. Resolves to the number it is called off by. */
async function register(call: BareCall, kind: EventKind): Promise<number> {
  const { family, id: eventID } = eventKinds[kind];
  switch (family) {
    case "domain":
      return (await call("connect_domain_event_callback_register_any", { eventID, dom: null })).callbackID;
    case "network":
      return (await call("connect_network_event_register_any", { eventID, net: null })).callbackID;
    case "storage_pool":
      return (await call("connect_storage_pool_event_register_any", { eventID, pool: null })).callbackID;
  }
}

async function deregister(call: BareCall, kind: EventKind, callbackID: number): Promise<void> {
  switch (eventKinds[kind].family) {
    case "domain":
      return call("connect_domain_event_callback_deregister_any", { callbackID });
    case "network":
      return call("connect_network_event_deregister_any", { callbackID });
    case "storage_pool":
      return call("connect_storage_pool_event_deregister_any", { callbackID });
  }
}
