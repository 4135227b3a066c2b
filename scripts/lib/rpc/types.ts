import type { Field } from "./protocol.ts";

export const pascal = (name: string): string =>
  name
    .split("_")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
export const camel = (name: string): string => name.charAt(0).toLowerCase() + pascal(name).slice(1);

/** A type of the protocol in TypeScript, and the codec that reads and writes it. */
interface Rendered {
  type: string;
  codec: string;
}

const SCALARS: Record<string, Rendered> = {
  int: { type: "number", codec: "int" },
  uint: { type: "number", codec: "uint" },
  char: { type: "number", codec: "int" },
  uchar: { type: "number", codec: "uint" },
  ushort: { type: "number", codec: "uint" },
  hyper: { type: "bigint", codec: "hyper" },
  uhyper: { type: "bigint", codec: "uhyper" },
  remote_auth_type: { type: "number", codec: "int" },
  remote_uuid: { type: "string", codec: "uuid" },
  remote_typed_param: { type: "TypedParam", codec: "remoteTypedParam" },
  remote_nonnull_string: { type: "string", codec: "text" },
  remote_string: { type: "string | null", codec: "optional(text)" },
};

/** Limits that the reference names without a number: VIR_SECURITY_{LABEL,MODEL,DOI}_BUFLEN of libvirt-host.h. */
const NAMED_LIMITS: Record<string, number> = {
  REMOTE_SECURITY_LABEL_MAX: 4097,
  REMOTE_SECURITY_MODEL_MAX: 257,
  REMOTE_SECURITY_DOI_MAX: 257,
};

/** The structs that the chosen procedures need, each after those it is made of. */
export class Types {
  readonly order: string[] = [];

  readonly structs: Readonly<Record<string, Field[]>>;

  constructor(structs: Readonly<Record<string, Field[]>>) {
    this.structs = structs;
  }

  need(name: string): void {
    if (name === "remote_typed_param" || this.order.includes(name)) return;
    for (const field of this.structs[name] ?? []) this.render(field);
    this.order.push(name);
  }

  render(field: Field): Rendered {
    const max = typeof field.max === "string" ? NAMED_LIMITS[field.max] : field.max;
    if (field.type === "opaque") return { type: "Buffer", codec: `opaque(${max})` };
    if (field.type === "char" && field.fixed !== undefined)
      return { type: "string", codec: `chars(${field.fixed})` };
    const item = this.one(field.type);
    if (max === undefined) return item;
    const type = item.type.includes("|") ? `(${item.type})[]` : `${item.type}[]`;
    return { type, codec: `array(${item.codec}, ${max})` };
  }

  private one(type: string): Rendered {
    const scalar = SCALARS[type];
    if (scalar) return scalar;
    if (this.structs[type]) {
      this.need(type);
      return { type: pascal(type), codec: camel(type) };
    }
    const inner = type.replace(/^remote_/, "remote_nonnull_");
    if (!this.structs[inner]) throw new Error(`Unknown type ${type}`);
    this.need(inner);
    return { type: `${pascal(inner)} | null`, codec: `optional(${camel(inner)})` };
  }
}
