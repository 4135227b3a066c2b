import {
  VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
  VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2,
  VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
  VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED,
  VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
  VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
  VIR_DOMAIN_EVENT_ID_LIFECYCLE,
  VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
  VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION,
  VIR_DOMAIN_EVENT_ID_REBOOT,
  VIR_DOMAIN_EVENT_ID_TUNABLE,
  VIR_NETWORK_EVENT_ID_LIFECYCLE,
  VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE,
  VIR_STORAGE_POOL_EVENT_ID_REFRESH,
} from "./constants.gen";
import { type Events, events } from "./procedures.gen";
import type { XdrReader } from "./wire/xdr";
import { decodeBody } from "./wire/message";

type Family = "domain" | "network" | "storage_pool";

interface Kind {
  readonly family: Family;
  /** The number libvirt registers it by: virDomainEventID and its like. */
  readonly id: number;
  /** The message it arrives as. */
  readonly message: keyof Events;
}

/** Every kind of event one can subscribe to; named as the protocol's messages, without their noise. */
export const eventKinds = {
  domain_lifecycle: {
    family: "domain",
    id: VIR_DOMAIN_EVENT_ID_LIFECYCLE,
    message: "domain_event_callback_lifecycle",
  },
  domain_reboot: {
    family: "domain",
    id: VIR_DOMAIN_EVENT_ID_REBOOT,
    message: "domain_event_callback_reboot",
  },
  domain_tunable: {
    family: "domain",
    id: VIR_DOMAIN_EVENT_ID_TUNABLE,
    message: "domain_event_callback_tunable",
  },
  domain_agent_lifecycle: {
    family: "domain",
    id: VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE,
    message: "domain_event_callback_agent_lifecycle",
  },
  domain_device_added: {
    family: "domain",
    id: VIR_DOMAIN_EVENT_ID_DEVICE_ADDED,
    message: "domain_event_callback_device_added",
  },
  domain_device_removed: {
    family: "domain",
    id: VIR_DOMAIN_EVENT_ID_DEVICE_REMOVED,
    message: "domain_event_callback_device_removed",
  },
  domain_device_removal_failed: {
    family: "domain",
    id: VIR_DOMAIN_EVENT_ID_DEVICE_REMOVAL_FAILED,
    message: "domain_event_callback_device_removal_failed",
  },
  domain_block_job_2: {
    family: "domain",
    id: VIR_DOMAIN_EVENT_ID_BLOCK_JOB_2,
    message: "domain_event_block_job_2",
  },
  domain_job_completed: {
    family: "domain",
    id: VIR_DOMAIN_EVENT_ID_JOB_COMPLETED,
    message: "domain_event_callback_job_completed",
  },
  domain_migration_iteration: {
    family: "domain",
    id: VIR_DOMAIN_EVENT_ID_MIGRATION_ITERATION,
    message: "domain_event_callback_migration_iteration",
  },
  domain_metadata_change: {
    family: "domain",
    id: VIR_DOMAIN_EVENT_ID_METADATA_CHANGE,
    message: "domain_event_callback_metadata_change",
  },
  network_lifecycle: {
    family: "network",
    id: VIR_NETWORK_EVENT_ID_LIFECYCLE,
    message: "network_event_lifecycle",
  },
  storage_pool_lifecycle: {
    family: "storage_pool",
    id: VIR_STORAGE_POOL_EVENT_ID_LIFECYCLE,
    message: "storage_pool_event_lifecycle",
  },
  storage_pool_refresh: {
    family: "storage_pool",
    id: VIR_STORAGE_POOL_EVENT_ID_REFRESH,
    message: "storage_pool_event_refresh",
  },
} as const satisfies Record<string, Kind>;

export type EventKind = keyof typeof eventKinds;
export type EventMessage<K extends EventKind> = Events[(typeof eventKinds)[K]["message"]];
export type EventHandler<K extends EventKind> = (event: EventMessage<K>) => void;

/** Domain kinds without their prefix, for `onDomainEvent("lifecycle", …)`. */
export type DomainEventKind = EventKind extends infer K
  ? K extends `domain_${infer Name}`
    ? Name
    : never
  : never;

type AnyHandler = (event: never) => void;

/**
 * Who wants which events. Handlers run after the reader is done with its chunk, in order, and none of them can hurt it: what a
 * handler throws is its own affair.
 */
export class EventHub {
  readonly #handlers = new Map<EventKind, Set<AnyHandler>>();
  readonly #byNumber = new Map<number, EventKind>();

  constructor() {
    for (const kind of Object.keys(eventKinds) as EventKind[]) {
      this.#byNumber.set(events[eventKinds[kind].message].number, kind);
    }
  }

  /** True when this is the first handler of its kind, so that somebody must tell the daemon. */
  add<K extends EventKind>(kind: K, handler: EventHandler<K>): boolean {
    const handlers = this.#handlers.get(kind) ?? new Set();
    this.#handlers.set(kind, handlers);
    handlers.add(handler);
    return handlers.size === 1;
  }

  /** True when no handler of this kind is left. */
  remove<K extends EventKind>(kind: K, handler: EventHandler<K>): boolean {
    const handlers = this.#handlers.get(kind);
    return handlers !== undefined && handlers.delete(handler) && handlers.size === 0;
  }

  has(kind: EventKind): boolean {
    return (this.#handlers.get(kind)?.size ?? 0) > 0;
  }

  get kinds(): EventKind[] {
    return [...this.#handlers.keys()].filter((kind) => this.has(kind));
  }

  /** Decodes a message of the daemon and hands it on. Kinds that nobody wants, or that we do not know, are not even decoded. */
  dispatch(procedure: number, body: XdrReader): void {
    const kind = this.#byNumber.get(procedure);
    if (kind === undefined || !this.has(kind)) return;
    this.deliver(
      kind,
      decodeBody<unknown>(events[eventKinds[kind].message].message, body) as EventMessage<typeof kind>,
    );
  }

  deliver<K extends EventKind>(kind: K, event: EventMessage<K>): void {
    for (const handler of [...(this.#handlers.get(kind) ?? [])] as EventHandler<K>[]) {
      Promise.resolve()
        .then(() => handler(event))
        .catch(() => undefined);
    }
  }
}
