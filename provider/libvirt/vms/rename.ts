import { posix } from "node:path";
import { DriverError } from "../../driver/errors";
import { missing, taken } from "../common";
import type { RemoteNonnullDomain as Dom } from "../rpc/procedures.gen";
import type { LibvirtSession } from "../session";
import { nameOf } from "../xml/domain";
import { attribute, find, textOf, type XmlElement } from "../xml/tree";
import { lookupDomain, viewDomain, type DomainView } from "./observe";

/**
 * The VM under the name that it is to have. Its definition, its start with the host and its TPM go along; its volumes are known by
 * their paths and keep them.
 */
export async function renamed(session: LibvirtSession, view: DomainView, name: string): Promise<DomainView> {
  const { dom, configured, live, state } = view;
  if (nameOf(configured) === name) return view;
  if (live !== undefined)
    throw new DriverError(`it is ${state}, and a VM gets another name while it is off`, {
      code: "invalid-state",
      remedy: 'Stop it (`running: false`), or let it be restarted (`restart: "ifNeeded"`).',
    });
  const held = await nameHeldBy(session, dom, configured);
  if (held !== undefined)
    throw new DriverError(`it cannot be renamed in place: ${held}`, { code: "invalid-state" });
  const other = await lookupDomain(session, name);
  if (other !== undefined) throw taken("VM", name, undefined);
  await session.call("domain_rename", { dom, new_name: name, flags: 0 });
  const after = await viewDomain(session, dom);
  if (after === undefined) throw missing("VM", name, "rename");
  return after;
}

/** What libvirt refuses, and what it would leave behind without a word. */
async function nameHeldBy(
  session: LibvirtSession,
  dom: Dom,
  configured: XmlElement,
): Promise<string | undefined> {
  if (hasVariablesByName(configured))
    return "its UEFI variables are in a file named after it, which the next VM of that name would take; copy that file on the host and name the copy as `firmware.nvram` first";
  const [{ snapshots }, { result: asleep }] = await Promise.all([
    session.call("domain_list_all_snapshots", { dom, need_results: 1, flags: 0 }),
    session.call("domain_has_managed_save_image", { dom, flags: 0 }),
  ]);
  if (snapshots.length > 0)
    return `libvirt renames no VM that has snapshots (${snapshots.map(({ name }) => name).join(", ")})`;
  return asleep === 0 ? undefined : "libvirt renames no VM whose memory is saved; start it first";
}

/**
 * libvirt's own file for them is made at the first start. No definition names it, and a rename leaves it behind; since 10 the
 * definition does, and it stays the file that another VM of the old name is given, and takes along when it is removed.
 */
function hasVariablesByName(domain: XmlElement): boolean {
  const os = find(domain, "os");
  const loader = find(os, "loader");
  const uefi = attribute(os, "firmware") === "efi" || attribute(loader, "type") === "pflash";
  const file = textOf(find(os, "nvram")) ?? "";
  return uefi && (file === "" || posix.basename(file).startsWith(`${nameOf(domain)}_VARS.`));
}

export async function nameHeld(session: LibvirtSession, dom: Dom): Promise<string | undefined> {
  const view = await viewDomain(session, dom);
  return view && nameHeldBy(session, dom, view.configured);
}
