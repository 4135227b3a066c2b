import { lingering } from "../../../scripts/lib/lxd";
import { merge, type Args, type Look, type Row } from "../row";
import { container } from "./lxdVm";

/** Looks into the guest, by LXD's own client. */
const inside =
  (script: string) =>
  (look: Look): Promise<string> =>
    look.virsh(["exec", look.name, "--", ...lingering(["sh", "-c", `${script}; true`])]);

interface Item {
  readonly list: "files" | "exec";
  readonly field: string;
  readonly a: Args;
  readonly b: Args;
  readonly shows: RegExp;
  readonly where: Row["where"];
}

const item = ({ list, field, a, b, shows, where }: Item): Row => ({
  kind: "Vm",
  field: `${list}[].${field}`,
  a: merge({ [list]: [a] }, container),
  b: merge({ [list]: [b] }, container),
  shows,
  where,
  part: (text) => text,
  // A secret in a list hides all of it in a preview.
  on: field === "environment" ? "exec-secret" : list,
  lacks: undefined,
  off: undefined,
});

/** A file that no other row uses. */
const file = (field: string, a: unknown, b: unknown, shows: RegExp, more: Args = { content: "x" }): Row => {
  const path = `/etc/f-${field}`;
  const at = (value: unknown): Args => ({ path, ...more, [field]: value });
  const look = inside(
    `for f in ${path}*; do busybox stat -c "$f %a %u %g %s" $f; busybox head -c 9 $f; done`,
  );
  return item({ list: "files", field, a: at(a), b: at(b), shows, where: look });
};

/** A command that no other row uses, and what it has left in the guest. */
const command = (field: string, a: unknown, b: unknown, shows: RegExp, script = "echo $WHO"): Row => {
  const left = `/etc/c-${field}`;
  // Whoever runs it may add to what is there.
  const name = `c-${field}`;
  const given = ["sh", "-c", `(${script}) >> ${left}; busybox chmod 666 ${left}; true`];
  const at = (value: unknown): Args => ({ name, command: given, [field]: value });
  return item({ list: "exec", field, a: at(a), b: at(b), shows, where: inside(`busybox cat ${left}`) });
};

const word = (list: "files" | "exec", field: string, a: unknown, b: unknown): Row => {
  const own =
    list === "files"
      ? { path: `/etc/f-${field}`, content: "x" }
      : { name: `c-${field}`, command: ["sh", "-c", "true"] };
  const shows = new RegExp(`"${field}":${JSON.stringify(b)}`);
  return item({
    list,
    field,
    a: { ...own, [field]: a },
    b: { ...own, [field]: b },
    shows,
    where: "state",
  });
};

export const rows: readonly Row[] = [
  file("path", "/etc/f-path-a", "/etc/f-path-b", /f-path-b 644 0 0 1/),
  file("content", "one", "two", /^two/m, {}),
  file("source", "small.raw", "large.raw", /644 0 0 2097152/, {}),
  file("mode", "0644", "0640", / 640 /),
  file("uid", 0, 7, / 644 7 0 /),
  file("gid", 0, 8, / 644 0 8 /),
  word("files", "createDirectories", false, true),
  command("name", "c-name-a", "c-name-b", /^x\nx$/m, "echo x"),
  command(
    "command",
    ["sh", "-c", "echo one > /etc/c-command"],
    ["sh", "-c", "echo two > /etc/c-command"],
    /two/,
  ),
  command("environment", { WHO: "one" }, { WHO: "two" }, /two/),
  command("workingDir", "/etc", "/root", /^\/root$/m, "pwd"),
  command("uid", 0, 7, /^7$/m, "busybox id -u"),
  command("gid", 0, 8, /^8$/m, "busybox id -g"),
  word("exec", "trigger", "onChange", "once"),
  word("exec", "timeout", 300, 60),
  word("exec", "failOnError", true, false),
  word("exec", "recordOutput", false, true),
];
