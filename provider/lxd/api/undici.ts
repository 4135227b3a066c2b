import type * as Undici from "undici";

type Ask = (
  dispatcher: Undici.Dispatcher,
  options: Undici.Dispatcher.RequestOptions,
) => Promise<Undici.Dispatcher.ResponseData>;

interface Parts {
  readonly Agent: typeof Undici.Agent;
  readonly buildConnector: typeof Undici.buildConnector;
  readonly ask: Ask;
}

/**
 * The parts of undici that requests need, without all that it has for browsers: loading the whole costs a refresh more than
 * all of its requests do.
 */
export const { Agent, buildConnector, ask } = parts();

/** Loads the whole: only what changes something, or runs something in a guest, needs it. */
export function webSocket(...args: ConstructorParameters<typeof Undici.WebSocket>): Undici.WebSocket {
  const { WebSocket } = require("undici") as typeof Undici;
  return new WebSocket(...args);
}

function parts(): Parts {
  try {
    const request = require("undici/lib/api/api-request") as (
      this: Undici.Dispatcher,
      options: Undici.Dispatcher.RequestOptions,
    ) => ReturnType<Ask>;
    return {
      Agent: require("undici/lib/dispatcher/agent") as typeof Undici.Agent,
      buildConnector: require("undici/lib/core/connect") as typeof Undici.buildConnector,
      ask: (dispatcher, options) => request.call(dispatcher, options),
    };
  } catch {
    // They are not where they were: another version of undici.
    const whole = require("undici") as typeof Undici;
    return { ...whole, ask: (dispatcher, options) => dispatcher.request(options) };
  }
}
