import { DriverError } from "../../driver/errors";

/** Image servers by the names that `lxc` gives them. */
const REMOTES: Readonly<Record<string, string>> = {
  ubuntu: "https://cloud-images.ubuntu.com/releases/",
  "ubuntu-daily": "https://cloud-images.ubuntu.com/daily/",
  "ubuntu-minimal": "https://cloud-images.ubuntu.com/minimal/releases/",
  "ubuntu-minimal-daily": "https://cloud-images.ubuntu.com/minimal/daily/",
  images: "https://images.lxd.canonical.com/",
};

/**
 * Where an instance's root comes from: nothing, an image of the server by alias or fingerprint, or one that the server
 * fetches from an image server (`ubuntu:24.04`, `https://server/path:alias`).
 */
export function sourceOf(image: string | undefined): Record<string, string> {
  if (image === undefined) return { type: "none" };
  const [, server, alias] = /^(https:\/\/.+):([^/:]+(?:\/[^:]*)?)$/.exec(image) ?? [];
  if (server !== undefined && alias !== undefined) return pulled(server, alias);
  const colon = image.indexOf(":");
  const remote = colon < 0 ? "local" : image.slice(0, colon);
  const name = image.slice(colon + 1);
  const known = REMOTES[remote];
  if (known !== undefined) return pulled(known, name);
  return /^[0-9a-f]{12,64}$/.test(name)
    ? { type: "image", fingerprint: name }
    : { type: "image", alias: name };
}

function pulled(server: string, alias: string): Record<string, string> {
  return { type: "image", mode: "pull", protocol: "simplestreams", server, alias };
}

/** What to do about an image that no instance could be made of. */
export function explainImage(error: DriverError, image: string | undefined): DriverError {
  if (image === undefined) return error;
  const [, type] = /Requested image's type "([a-z-]+)" doesn't match/.exec(error.message) ?? [];
  if (type !== undefined)
    return error.with({
      remedy: `The image "${image}" is one for a ${type}: set \`instanceType: "${type}"\`, or name another image (\`lxc image list\` shows the type of each).`,
    });
  const source = sourceOf(image);
  if (source["server"] !== undefined && /Failed getting (remote )?image/.test(error.message))
    return error.with({
      remedy: `The LXD server itself fetches the image "${image}": it must reach ${source["server"]}, which must have "${source["alias"]}". An image that it has already is named by its alias (\`lxc image list\` there).`,
    });
  if (error.code !== "not-found" || !/image|alias|fingerprint/i.test(error.message)) return error;
  return new DriverError(`the image "${image}" is not there: ${error.message}`, {
    code: error.code,
    hostCode: error.hostCode,
    operation: error.operation,
    target: error.target,
    remedy:
      "`lxc image list` on the server shows what there is; `ubuntu:24.04` is fetched from Ubuntu's image server.",
  });
}
