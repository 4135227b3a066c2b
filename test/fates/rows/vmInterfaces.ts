import { elementOf, nic, type Row } from "../row";

/** Cards of a guest that is off: it needs no bridges and no devices of the host. */
const off = { on: "cards" };

export const rows: readonly Row[] = [
  {
    ...nic("name", "name-a", "name-b", /ua-nic-name-b/, off),
    part: (xml) => elementOf(xml, "ua-nic-name-b"),
  },
  nic("network", "fates", "fates2", /network='fates2'/, { with: {} }),
  nic("bridge", "br-a", "br-b", /bridge='br-b'/, { ...off, with: {} }),
  nic("macvlan", "dev-a", "dev-b", /dev='dev-b'/, { ...off, with: {} }),
  nic("constraints", "name=br-a", "name=br-b", /bridge='br-b'/, { ...off, with: {} }),
  nic("macvlanMode", "vepa", "private", /mode='private'/, { ...off, with: { macvlan: "dev-c" } }),
  nic("mac", "52:54:00:fa:7e:01", "52:54:00:fa:7e:02", /52:54:00:fa:7e:02/, off),
  nic("model", "virtio", "e1000e", /type='e1000e'/, off),
  nic("targetDev", "tap-a", "tap-b", /dev='tap-b'/, off),
  nic("bootOrder", 4, 3, /<boot order='3'/),
];
