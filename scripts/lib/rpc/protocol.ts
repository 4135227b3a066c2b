/** libvirt's wire interface as data: what its `.x` files declare, and the enums of its headers. */
export interface Field {
  name: string;
  type: string;
  max?: number;
  fixed?: number;
}
export interface ProcedureRow {
  name: string;
  number: number;
  args?: string;
  ret?: string;
  msg?: string;
  stream?: "read" | "write";
}
export interface Program {
  program: Record<string, number>;
  constants: Record<string, number>;
  enums: Record<string, Record<string, number>>;
  unions: Record<string, { cases: Record<string, unknown> }>;
  structs: Record<string, Field[]>;
  procedures: ProcedureRow[];
}
export interface Protocol {
  libvirt: string;
  remote: Program;
  qemu: Program;
  net: Program;
  keepalive: Program;
  enums: Record<string, Record<string, number>>;
}
