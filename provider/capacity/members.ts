import type { HostMember } from "../driver/summaries";
import type { Usage } from "./usage";

/** The members that a VM may be on when all is done: the one that it is on, unless it is to go elsewhere. */
export function roomsFor(
  members: readonly HostMember[],
  target: string | undefined,
  now: string | undefined,
): readonly HostMember[] {
  const named = members.filter((member) => target === undefined || isMeant(member, target));
  const stays = named.filter(({ name }) => name === now);
  if (stays.length > 0) return stays;
  const open = named.filter((member) => member.open);
  return open.length > 0 ? open : named;
}

/** Whether a VM with this target will be on the member for sure. */
export function isFor(
  member: HostMember,
  target: string | undefined,
  members: readonly HostMember[],
): boolean {
  if (target === undefined || !isMeant(member, target)) return false;
  return members.filter((each) => isMeant(each, target)).length === 1;
}

function isMeant({ name, groups }: HostMember, target: string): boolean {
  return target.startsWith("@") ? groups.includes(target.slice(1)) : name === target;
}

/** The most that one machine of a host has. */
export function largestMachine(host: {
  readonly total: Usage;
  readonly members?: readonly HostMember[];
}): Usage {
  const { total, members = [] } = host;
  if (members.length === 0) return total;
  return {
    cores: Math.max(...members.map((member) => member.total.cores)),
    memoryMiB: Math.max(...members.map((member) => member.total.memoryMiB)),
  };
}
