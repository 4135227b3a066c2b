import type { HostConnection } from "../../schema/address/connection";
import type { Complaint } from "../../schema/table/gate";
import { hasUnknown, knownList } from "../../schema/table/unknown";
import { hostLabel } from "../engine/explain";
import { answered } from "../host/asked";
import type { Context } from "../kind/handler";
import type { Plain } from "../engine/state";

/**
 * Programs name LXD's ACLs and make none: one that is not on the server is a mistake, told at its place before anything is
 * made. A host that does not answer refuses nothing: LXD itself does when the network is made.
 */
export async function admitAcls(news: Plain, olds: Plain, context: Context): Promise<readonly Complaint[]> {
  const host = news["host"] as HostConnection;
  const before = new Set(aclsIn(olds));
  const named = [...aclsIn(news).entries()].filter(([, acl]) => !hasUnknown(acl) && !before.has(acl));
  if (hasUnknown(host) || named.length === 0) return [];
  const there = await answered(news, context, async ({ lxdNetworks }) => lxdNetworks?.acls());
  if (there === undefined) return [];
  return named
    .filter(([, acl]) => !there.includes(acl))
    .map(([index, acl]) => ({
      path: ["acls", index],
      message: `${hostLabel(host)} has no network ACL "${acl}"${instead(there)}; make it on the server first (\`lxc network acl create ${acl}\`)`,
    }));
}

function aclsIn({ acls }: Plain): readonly string[] {
  return knownList(acls as readonly string[] | undefined);
}

function instead(there: readonly string[]): string {
  return there.length === 0 ? "" : `, but ${there.join(", ")}`;
}
