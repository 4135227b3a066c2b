import { existsSync } from "node:fs";
import { mkdtemp, rename, rm, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { run } from "./command.ts";
import type { Guest } from "./guest.ts";

/** A firmware of 128 KiB that halts at once: a domain that runs and costs nothing, for whoever measures us and not the guest. */
export async function ensureHaltRom(guest: Guest): Promise<string> {
  const file = join(dirname(guest.kernel), "halt.rom");
  if (!existsSync(file)) {
    const part = `${file}.${process.pid}`;
    await writeFile(part, Buffer.alloc(128 * 1024, 0xf4));
    await rename(part, file);
  }
  return file;
}

/** Where systemd's EFI stub wants the parts of a unified kernel image. */
const sections = { osrel: 0x20000, cmdline: 0x30000, linux: 0x2000000, initrd: 0x3000000 };

/**
 * The same guest as a disk that UEFI firmware boots (qcow2, secure boot off). With agent.
 * Needs binutils, systemd-boot-efi, mtools, gdisk and qemu-utils.
 */
export async function ensureBootDisk(guest: Guest): Promise<string> {
  const disk = join(dirname(guest.kernel), "disk.qcow2");
  if (existsSync(disk)) return disk;
  const work = await mkdtemp(join(dirname(guest.kernel), "building-disk-"));
  try {
    const file = (name: string): string => join(work, name);
    await writeFile(file("osrel"), 'ID=vmhost-guest\nNAME="vmhost test guest"\nVERSION_ID=1\n');
    await writeFile(file("cmdline"), guest.commandLine);
    const parts = {
      osrel: file("osrel"),
      cmdline: file("cmdline"),
      linux: guest.kernel,
      initrd: guest.initrdWithAgent,
    };
    const add = Object.entries(sections).flatMap(([name, address]) => [
      "--add-section",
      `.${name}=${parts[name as keyof typeof parts]}`,
      "--change-section-vma",
      `.${name}=0x${address.toString(16)}`,
    ]);
    await run(["objcopy", ...add, "/usr/lib/systemd/boot/efi/linuxx64.efi.stub", file("bootx64.efi")]);
    // A FAT file system of 48 MiB from sector 2048 on, with room for the two partition tables around it.
    const offset = 2048 * 512;
    const size = 48 * 1024 * 1024;
    await writeFile(file("disk.raw"), "");
    await truncate(file("disk.raw"), offset + size + 1024 * 1024);
    const fat = `${file("disk.raw")}@@${offset}`;
    await run([
      "sgdisk",
      "--new",
      `1:2048:${(offset + size) / 512 - 1}`,
      "--typecode",
      "1:ef00",
      file("disk.raw"),
    ]);
    await run(["mformat", "-i", fat, "-T", String(size / 512), "-h", "64", "-s", "32", "::"]);
    await run(["mmd", "-i", fat, "::/EFI", "::/EFI/BOOT"]);
    await run(["mcopy", "-i", fat, file("bootx64.efi"), "::/EFI/BOOT/BOOTX64.EFI"]);
    await run(["qemu-img", "convert", "-O", "qcow2", "-c", file("disk.raw"), file("disk.qcow2")]);
    await rename(file("disk.qcow2"), disk);
  } finally {
    await rm(work, { recursive: true, force: true });
  }
  return disk;
}
