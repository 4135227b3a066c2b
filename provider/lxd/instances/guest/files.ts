import { dirname } from "node:path/posix";
import { Readable } from "node:stream";
import type { GuestFile } from "../../../driver/contract";
import { DriverError, hasCode } from "../../../driver/errors";
import { at, UPLOAD_MS, type LxdClient } from "../../api/client";
import { isGone } from "../../api/errors";

interface Found {
  readonly type: string;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Folders that are made on the way to a file. */
const FOLDER_MODE = 0o755;
const READ_BY_ALL = 0o044;

/** The files in an instance. */
export class Files {
  private readonly url: string;

  constructor(
    private readonly client: LxdClient,
    private readonly instance: string,
  ) {
    this.url = `${at("instances", instance)}/files`;
  }

  async write(file: GuestFile): Promise<{ isNew: boolean }> {
    const { path, mode, uid, gid } = file;
    const what = this.doing("write", path);
    const there = await this.find(path);
    if (there?.type === "directory")
      throw new DriverError("there is a folder of this name in the guest", {
        code: "invalid-argument",
        ...what,
        remedy: "Give the file a `path` of its own.",
      });
    if (there === undefined && file.createDirectories) await this.makeFolders(file);
    // A file that is written over keeps its owner and mode, and a link leads elsewhere.
    const stays = there?.type === "file" && isSame(there, file);
    if (there !== undefined && !stays) await this.unlink(path);
    const headers = { ...owned("file", mode, uid, gid), "x-lxd-write": "overwrite" };
    const send = (bytes: () => Readable): Promise<void> =>
      this.client.change("POST", this.url, {
        query: { path },
        upload: { headers, bytes },
        deadlineMs: UPLOAD_MS,
        what,
      });
    try {
      // LXD gives a new file to its owner when all of it is there; until then everybody in the guest could read it.
      if (!stays && (mode & READ_BY_ALL) !== READ_BY_ALL) await send(nothing);
      await send(() => file.bytes());
    } catch (error) {
      // What LXD says is no more than "Not Found".
      if (!hasCode(error, "not-found") || (await this.find(dirname(path))) !== undefined) throw error;
      throw new DriverError(`the folder ${dirname(path)} is not there`, {
        code: "not-found",
        ...what,
        remedy: "Set `createDirectories: true` to have it made.",
      });
    }
    return { isNew: there === undefined };
  }

  /** A folder that has come in its place meanwhile is somebody's. */
  async remove(path: string): Promise<void> {
    if ((await this.find(path))?.type !== "directory") await this.unlink(path);
  }

  private async unlink(path: string): Promise<void> {
    try {
      await this.client.change("DELETE", this.url, { query: { path }, what: this.doing("delete", path) });
    } catch (error) {
      if (!isGone(error)) throw error;
    }
  }

  private async find(path: string): Promise<Found | undefined> {
    const headers = await this.client.headers(this.url, { path });
    if (headers === undefined) return undefined;
    const number = (name: string, base: number): number => parseInt(String(headers[`x-lxd-${name}`]), base);
    return {
      type: String(headers["x-lxd-type"]),
      mode: number("mode", 8) & 0o777,
      uid: number("uid", 10),
      gid: number("gid", 10),
    };
  }

  private async makeFolders({ path, uid, gid }: GuestFile): Promise<void> {
    const missing: string[] = [];
    for (let folder = dirname(path); folder !== "/"; folder = dirname(folder)) {
      if ((await this.find(folder)) !== undefined) break;
      missing.unshift(folder);
    }
    for (const folder of missing)
      await this.client.change("POST", this.url, {
        query: { path: folder },
        upload: { headers: owned("directory", FOLDER_MODE, uid, gid), bytes: nothing },
        what: this.doing("make", folder),
      });
  }

  private doing(verb: string, path: string): { operation: string; target: string } {
    return { operation: verb, target: `${path} in VM "${this.instance}"` };
  }
}

function owned(type: string, mode: number, uid: number, gid: number): Readonly<Record<string, string>> {
  return {
    "x-lxd-type": type,
    "x-lxd-mode": `0${mode.toString(8)}`,
    "x-lxd-uid": String(uid),
    "x-lxd-gid": String(gid),
  };
}

function isSame(there: Found, { mode, uid, gid }: GuestFile): boolean {
  return there.mode === mode && there.uid === uid && there.gid === gid;
}

const nothing = (): Readable => Readable.from([]);
