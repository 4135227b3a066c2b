import { expect, test } from "@jest/globals";
import { DriverError } from "../../../provider/driver/errors";
import { explainImage } from "../../../provider/lxd/instances/source";

/** LXD's own words, as a real server has said them, and what we say to do. */
test.each([
  [
    "tiny",
    `Requested image's type "container" doesn't match instance type "virtual-machine"`,
    /is one for a container: set `instanceType: "container"`/,
  ],
  [
    "ubuntu:24.04",
    'Failed getting remote image info: Failed getting image: Failed parsing stream: Get "https://cloud-images.ubuntu.com/releases/streams/v1/index.json": dial udp: network is unreachable',
    /server itself fetches .* must reach https:\/\/cloud-images\.ubuntu\.com\/releases\/, which must have "24\.04"/,
  ],
  ["nope", "Image alias not found", /`lxc image list`/],
  ["tiny", "Failed creating instance record: Network not found", undefined],
])("%s: %s", (image, message, remedy) => {
  const code = message.endsWith("not found") ? "not-found" : "failed";
  const said = explainImage(new DriverError(message, { code }), image).remedy;
  if (remedy === undefined) expect(said).toBeUndefined();
  else expect(said).toMatch(remedy);
});
