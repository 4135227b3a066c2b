import { expect, test } from "@jest/globals";
import { admit, type HostMeasure, type Request } from "../../../provider/capacity/admission";
import { refusal, type Circumstances } from "../../../provider/capacity/refusal";
import type { Usage } from "../../../provider/capacity/usage";

const kvm1: HostMeasure = { cores: { total: 12, ratio: 1 }, memoryMiB: { total: 12288, ratio: 1.5 } };
const at = "kvm1 (qemu+ssh://ubuntu@192.168.1.2/system)";

const say = (host: HostMeasure, used: Usage, request: Request, more: Partial<Circumstances> = {}): string =>
  refusal(admit(host, used, request), { host: at, ...more });

test("memory alone: the words that the product promises", () => {
  const planned = [
    { name: "web", cores: 1, memoryMiB: 2048 },
    { name: "cache", cores: 2, memoryMiB: 4096 },
  ];
  expect(say(kvm1, { cores: 3, memoryMiB: 15360 }, { cores: 2, memoryMiB: 8192 }, { planned })).toBe(
    [
      "memory does not fit on kvm1 (qemu+ssh://ubuntu@192.168.1.2/system)",
      "  requested 8192 MiB, 5120 MiB missing; left 3072 MiB of 18432 MiB (12288 MiB × 1.5; used 15360); this program adds web 2048, cache 4096",
      "  cores fit (2 of 9 left). The largest VM that fits now: 9 cores, 3072 MiB",
    ].join("\n"),
  );
});

test("cores alone", () => {
  expect(say(kvm1, { cores: 11, memoryMiB: 0 }, { cores: 2, memoryMiB: 1024 })).toBe(
    [
      `cores do not fit on ${at}`,
      "  requested 2 cores, 1 core missing; left 1 core of 12 cores (12 cores × 1; used 11)",
      "  memory fits (1024 of 18432 MiB left). The largest VM that fits now: 1 core, 18432 MiB",
    ].join("\n"),
  );
});

test("both together, each with its own numbers", () => {
  const planned = [{ name: "web", cores: 2, memoryMiB: 2048 }];
  expect(say(kvm1, { cores: 12, memoryMiB: 18432 }, { cores: 1, memoryMiB: 1024 }, { planned })).toBe(
    [
      `cores and memory do not fit on ${at}`,
      "  cores: requested 1 core, 1 core missing; left 0 cores of 12 cores (12 cores × 1; used 12); this program adds web 2",
      "  memory: requested 1024 MiB, 1024 MiB missing; left 0 MiB of 18432 MiB (12288 MiB × 1.5; used 18432); this program adds web 2048",
      "  The largest VM that fits now: 0 cores, 0 MiB",
    ].join("\n"),
  );
});

test("a host that is over its limit already says by how much", () => {
  expect(say(kvm1, { cores: 1, memoryMiB: 20000 }, { cores: 0, memoryMiB: 512 }, { more: true })).toBe(
    [
      `memory does not fit on ${at}`,
      "  requested 512 MiB more, 512 MiB missing; left 0 MiB of 18432 MiB (12288 MiB × 1.5; used 20000, 1568 MiB over)",
      "  no more cores asked for (11 left). The largest VM that fits now: 11 cores, 0 MiB",
    ].join("\n"),
  );
});

test("what is reserved shows in the sum", () => {
  const reserving: HostMeasure = { ...kvm1, memoryMiB: { total: 12288, ratio: 1.5, reserved: "25%" } };
  expect(say(reserving, { cores: 0, memoryMiB: 0 }, { cores: 1, memoryMiB: 14000 })).toContain(
    "left 13824 MiB of 13824 MiB ((12288 − 3072 (25%) reserved) MiB × 1.5; used 0)",
  );
  const adding: HostMeasure = { ...kvm1, cores: { total: 12, ratio: 1, reserved: -4 } };
  expect(say(adding, { cores: 0, memoryMiB: 0 }, { cores: 17, memoryMiB: 1 })).toContain(
    "left 16 cores of 16 cores ((12 + 4 added) cores × 1; used 0)",
  );
});

test("huge pages are told apart from memory", () => {
  const paged: HostMeasure = { ...kvm1, hugepages: { pageKiB: 2048, freePages: 100 } };
  expect(say(paged, { cores: 0, memoryMiB: 0 }, { cores: 1, memoryMiB: 1024, hugepages: true })).toBe(
    [
      `hugepages do not fit on ${at}`,
      "  requested 1024 MiB in huge pages, 824 MiB missing; free 200 MiB (never overcommitted); `vm.nr_hugepages` there sets more of them aside",
      "  cores fit (1 of 12 left). memory fits (1024 of 18432 MiB left). The largest VM that fits now: 12 cores, 200 MiB",
    ].join("\n"),
  );
});

test("a total with a fraction of a MiB stays readable", () => {
  const odd: HostMeasure = { ...kvm1, memoryMiB: { total: 15921.296875, ratio: 1 } };
  expect(say(odd, { cores: 0, memoryMiB: 0 }, { cores: 1, memoryMiB: 16000 })).toContain(
    "left 15921 MiB of 15921 MiB (15921.3 MiB × 1; used 0)",
  );
});
