import tseslint from "typescript-eslint";

/**
 * The walls of the house: what each folder of provider/ may import. One direction:
 * resources → runtime → lifecycle → schema, capacity, driver → libvirt (by registration) → rpc, xml, transport; → lxd → api.
 * `errors` is driver/errors.ts, which everybody may throw.
 */
const may = {
  resources: ["schema", "lifecycle", "runtime"],
  lifecycle: ["schema", "capacity", "driver", "errors"],
  capacity: ["schema", "errors"],
  driver: ["schema", "errors"],
  schema: ["errors"],
  libvirt: ["rpc", "xml", "transport", "driver", "schema", "errors"],
  "libvirt/rpc": ["errors"],
  "libvirt/xml": ["schema", "driver", "errors"],
  "libvirt/transport": ["schema", "errors"],
  lxd: ["api", "driver", "schema", "errors"],
  "lxd/api": ["schema", "errors"],
};

const top = ["resources", "lifecycle", "capacity", "driver", "schema", "libvirt", "lxd", "runtime", "index"];
const inner = ["rpc", "xml", "transport", "api"];
const lateZod = {
  name: "zod",
  message: "Import z from schema/table/zod, which makes types when they are needed.",
};
const noProcesses = { name: "node:child_process", message: "The provider starts no processes." };

function wall([room, allowed]) {
  const nested = room.includes("/");
  // Rooms have rooms of their own: however far up a path goes before it enters another one.
  const up = nested ? "\\.\\./(\\.\\./)+" : "(\\.\\./)+";
  const forbidden = top
    .filter((other) => other !== room && !allowed.includes(other))
    .map((other) =>
      other === "driver" && allowed.includes("errors") ? "driver/(?!errors$)" : `${other}(/|$)`,
    );
  const patterns = [
    {
      regex: `^${up}(${forbidden.join("|")})`,
      message: `${room} may import only ${allowed.join(", ") || "itself"}.`,
    },
  ];
  if (nested)
    patterns.push({
      regex: `^\\.\\./(?!\\.\\./)(${inner.filter((other) => !room.endsWith(`/${other}`) && !allowed.includes(other)).join("|")}|[a-zA-Z]+$)`,
      message: `${room} may import only ${allowed.join(", ")}.`,
    });
  const files = nested ? [`provider/${room}/**/*.ts`] : [`provider/${room}/**/*.ts`];
  const ignores = nested
    ? []
    : [...inner.map((other) => `provider/${room}/${other}/**`), "provider/schema/table/zod.ts"];
  return {
    files,
    ignores,
    rules: {
      "no-restricted-imports": [
        "error",
        { paths: room === "schema" ? [noProcesses, lateZod] : [noProcesses], patterns },
      ],
    },
  };
}

export default tseslint.config(
  { ignores: ["dist/**", "node_modules/**", "**/*.gen.ts", ".cache/**"] },
  ...tseslint.configs.strict,
  ...Object.entries(may).map(wall),
  {
    files: ["provider/**/*.ts"],
    rules: {
      "no-console": "error",
      "max-lines": ["error", { max: 350 }],
      "@typescript-eslint/consistent-type-imports": ["error", { disallowTypeAnnotations: false }],
    },
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
