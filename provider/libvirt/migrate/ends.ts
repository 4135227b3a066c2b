import type { HostDriver } from "../../driver/contract";
import type { LibvirtSession } from "../session";

/** One end of a move. */
export interface End {
  readonly session: LibvirtSession;
  /** A session of one connection, whose end tells the host that we are gone. */
  alone(): LibvirtSession;
}

const ends = new WeakMap<HostDriver, End>();

/** A driver of a libvirt host can be the other end of another one's move. */
export function asEnd<D extends HostDriver>(driver: D, end: End): D {
  ends.set(driver, end);
  return driver;
}

export function endOf(driver: HostDriver): End | undefined {
  return ends.get(driver);
}
