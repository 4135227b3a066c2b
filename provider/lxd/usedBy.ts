/**
 * `/1.0/instances/web?project=p` and its like in words: `instance "web" of project "p"`, or without the project where that
 * goes without saying.
 */
export function usersIn(paths: readonly string[] | null | undefined, withProject = true): readonly string[] {
  return (paths ?? []).map((path) => {
    const { pathname, searchParams } = new URL(path, "http://lxd");
    const [, , kind = "", ...rest] = pathname.split("/").map(decodeURIComponent);
    const project = searchParams.get("project") ?? "default";
    const of = project === "default" || !withProject ? "" : ` of project "${project}"`;
    // A volume's path has its pool in front, and its kind.
    const name = kind === "storage-pools" ? [rest[0], ...rest.slice(3)].join("/") : rest.join("/");
    return `${NOUNS[kind] ?? kind} "${name}"${of}`;
  });
}

const NOUNS: Readonly<Record<string, string>> = {
  instances: "instance",
  profiles: "profile",
  networks: "network",
  images: "image",
  "storage-pools": "volume",
  "network-acls": "network ACL",
};
