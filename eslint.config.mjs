import { dirname, join, relative, resolve } from "node:path";
import tseslint from "typescript-eslint";

/**
 * The walls of the house: what each room of provider/ may import beside itself. One direction:
 * resources → runtime → lifecycle → schema, capacity, driver → libvirt (by registration) → rpc, xml, transport; → lxd → api.
 * A file belongs to the innermost room that is named here. `driver/errors` is what everybody may throw, `driver/summaries` what a
 * host tells of itself.
 */
const may = {
  resources: ["schema", "lifecycle", "runtime"],
  lifecycle: ["schema", "capacity", "driver", "driver/summaries", "driver/errors"],
  capacity: ["schema", "driver/summaries", "driver/errors"],
  driver: ["schema", "driver/summaries", "driver/errors"],
  "driver/summaries": [],
  "driver/errors": [],
  schema: ["driver/errors"],
  libvirt: [
    "libvirt/rpc",
    "libvirt/xml",
    "libvirt/transport",
    "driver",
    "schema",
    "driver/summaries",
    "driver/errors",
  ],
  "libvirt/rpc": ["driver/errors"],
  "libvirt/xml": ["schema", "driver", "driver/summaries", "driver/errors"],
  "libvirt/transport": ["schema", "driver/errors"],
  lxd: ["lxd/api", "driver", "schema", "driver/summaries", "driver/errors"],
  "lxd/api": ["schema", "driver/errors"],
};
const rooms = Object.keys(may).sort((a, b) => b.length - a.length);
const provider = join(import.meta.dirname, "provider");

/** The room of a file of provider/; a file of its top floor is a room of its own. */
function roomOf(path) {
  const inside = relative(provider, path).replaceAll("\\", "/").replace(/\.ts$/, "");
  if (inside.startsWith("..")) return undefined;
  return rooms.find((room) => inside === room || inside.startsWith(`${room}/`)) ?? inside.split("/")[0];
}

/** However a module is named: by import, by export from, as a type, or late. */
const walls = {
  create(context) {
    const from = roomOf(context.filename);
    const allowed = may[from];
    if (allowed === undefined) return {};
    const check = (node) => {
      if (typeof node?.value !== "string" || !node.value.startsWith(".")) return;
      const to = roomOf(resolve(dirname(context.filename), node.value));
      if (to === from || allowed.includes(to)) return;
      const message = `${from} may import only ${allowed.join(", ") || "itself"}.`;
      context.report({ node, message });
    };
    return {
      ImportDeclaration: ({ source }) => check(source),
      ExportNamedDeclaration: ({ source }) => check(source),
      ExportAllDeclaration: ({ source }) => check(source),
      ImportExpression: ({ source }) => check(source),
      TSImportType: ({ source, argument }) => check(source ?? argument?.literal),
      "CallExpression[callee.name='require']": (call) => check(call.arguments[0]),
    };
  },
};

/** What is loaded late has the type of the very module that is loaded, so that the type checker finds a path that leads nowhere. */
const typedLate = {
  create(context) {
    return {
      "CallExpression[callee.name='require']"(call) {
        const path = call.arguments[0];
        if (typeof path?.value === "string" && !path.value.startsWith(".")) return;
        const type = call.parent.typeAnnotation?.exprName;
        if (path?.value !== undefined && path.value === type?.source?.value) return;
        const message = 'Load it as require("…") as typeof import("…"), of one path.';
        context.report({ node: call, message });
      },
    };
  },
};

const lateZod = {
  name: "zod",
  message: "Import z from schema/table/zod, which makes types when they are needed.",
};
const noProcesses = { name: "node:child_process", message: "The provider starts no processes." };

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", "**/*.gen.ts", ".cache/**"] },
  ...tseslint.configs.strict,
  {
    files: ["provider/**/*.ts"],
    plugins: { house: { rules: { walls, "typed-late": typedLate } } },
    rules: {
      "house/walls": "error",
      "house/typed-late": "error",
      "no-restricted-imports": ["error", noProcesses],
      "no-console": "error",
      "max-lines": ["error", { max: 350 }],
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
    },
  },
  {
    files: ["provider/schema/**/*.ts"],
    ignores: ["provider/schema/table/zod.ts"],
    rules: { "no-restricted-imports": ["error", noProcesses, lateZod] },
  },
  {
    files: ["**/*.ts"],
    rules: {
      "@typescript-eslint/no-require-imports": "off",
      "@typescript-eslint/no-dynamic-delete": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "no-restricted-syntax": [
        "error",
        { selector: "TSEnumDeclaration", message: "Use a union of literals." },
        { selector: "ExportDefaultDeclaration", message: "Export by name." },
      ],
    },
  },
);
