/**
 * Something that is loaded when it is used for the first time. Every run of the engine starts a process of ours that needs some of
 * the modules; a refresh needs a third of them, and is over in the time that it takes to load all.
 * `late(() => require("./plan") as typeof import("./plan"))`
 */
export function late<T extends object>(load: () => T): T {
  let loaded: T | undefined;
  return new Proxy({} as T, { get: (_, key): unknown => Reflect.get((loaded ??= load()), key) });
}
