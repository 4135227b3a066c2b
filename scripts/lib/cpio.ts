/** One entry of an initramfs. A folder has no content; a link's content is its target; a device has its numbers. */
export interface CpioEntry {
  path: string;
  mode: number;
  content?: Buffer;
  device?: readonly [major: number, minor: number];
}

const folder = 0o040000;
const file = 0o100000;
const link = 0o120000;
const characterDevice = 0o020000;

export const directory = (path: string, permissions = 0o755): CpioEntry => ({
  path,
  mode: folder | permissions,
});
export const regular = (path: string, content: Buffer | string, permissions = 0o644): CpioEntry => ({
  path,
  mode: file | permissions,
  content: Buffer.from(content),
});
export const symlink = (path: string, target: string): CpioEntry => ({
  path,
  mode: link | 0o777,
  content: Buffer.from(target),
});
export const device = (path: string, major: number, minor: number): CpioEntry => ({
  path,
  mode: characterDevice | 0o600,
  device: [major, minor],
});

/** An archive in the "newc" form that the Linux kernel unpacks (Documentation/driver-api/early-userspace/buffer-format). */
export function cpio(entries: readonly CpioEntry[]): Buffer {
  const all = [...entries, { path: "TRAILER!!!", mode: 0 }];
  return Buffer.concat(all.flatMap((entry, index) => pack(entry, index + 1)));
}

function pack(
  { path, mode, content = Buffer.alloc(0), device: [major, minor] = [0, 0] }: CpioEntry,
  inode: number,
): Buffer[] {
  const name = Buffer.from(`${path}\0`);
  const fields = [inode, mode, 0, 0, 1, 0, content.length, 0, 0, major, minor, name.length, 0];
  const header = Buffer.from(`070701${fields.map((value) => value.toString(16).padStart(8, "0")).join("")}`);
  return [padded(Buffer.concat([header, name])), padded(content)];
}

function padded(data: Buffer): Buffer {
  return Buffer.concat([data, Buffer.alloc((4 - (data.length % 4)) % 4)]);
}
