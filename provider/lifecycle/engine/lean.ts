import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Chunk, VolumeContent } from "../../driver/contract";

/** Below this a transfer is over before it matters; giving memory back takes as long as sending some MiB. */
const LARGE_BYTES = 256 * 2 ** 20;

/** How V8 lets the space for new objects grow: its own value, and not at all. */
const GROWTH = { usual: 2, none: 1 } as const;

let underway = 0;
let roomMade = false;

/**
 * A provider's start leaves half of its heap as garbage, and V8 with large halves for new objects. What a check loads comes on
 * top of that, so where a large transfer is to follow, all of it is given back first, once.
 */
export function makeRoomFor(bytes: number): void {
  if (bytes < LARGE_BYTES || roomMade) return;
  roomMade = true;
  shrink();
}

/**
 * The same content, sent in little memory: what was loaded until then has left its garbage, and the halves for new objects would
 * fill with the leftovers of packets before V8 found it worthwhile to look, so they stay as small as they can be.
 */
export function lean(content: VolumeContent): VolumeContent {
  return content.bytes < LARGE_BYTES ? content : { ...content, chunks: () => leanly(content) };
}

async function* leanly(content: VolumeContent): AsyncGenerator<Chunk, void> {
  if (underway++ === 0) {
    shrink();
    grow(GROWTH.none);
  }
  try {
    yield* content.chunks();
  } finally {
    if (--underway === 0) grow(GROWTH.usual);
  }
}

/** Of all kinds of collection this is the one that gives memory back to the system. */
function shrink(): void {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("globalThis.gc") as typeof globalThis.gc;
  setFlagsFromString("--no-expose-gc");
  void collect?.({ type: "major", execution: "sync", flavor: "last-resort" });
}

function grow(factor: number): void {
  setFlagsFromString(`--semi-space-growth-factor=${factor}`);
}
