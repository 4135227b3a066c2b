import { row, type Args, type Row } from "../row";

const spice = { graphics: { type: "spice" } };
const tcp = { type: "tcp", connection: "bind", host: "127.0.0.1", service: 4600 };
const names = ["one", "two", "three"];

const card = (field: string, a: Args, b: Args, shows: RegExp): Row => ({
  ...row("Vm", `smartcard.${field}`, undefined, undefined, shows, { on: `card-${field}` }),
  a: { ...spice, smartcard: a },
  b: { ...spice, smartcard: b },
});

const over = (field: string, b: unknown, shows: RegExp): Row =>
  card(field, tcp, { ...tcp, [field]: b }, shows);

const made = (more: Args): Args => ({
  mode: "host-certificates",
  certificates: names,
  database: "/etc/a",
  ...more,
});

export const rows: readonly Row[] = [
  card("mode", {}, { mode: "host" }, /<smartcard mode='host'/),
  card("type", {}, tcp, /<smartcard mode='passthrough' type='tcp'/),
  over("connection", "connect", /<source mode='connect'[^>]*service='4600'/),
  over("host", "127.0.0.2", /<source[^>]*host='127.0.0.2' service='4600'/),
  over("service", 4601, /service='4601'/),
  card("certificates", made({}), made({ certificates: ["one", "two", "four"] }), /<certificate>four</),
  card("database", made({}), made({ database: "/etc/b" }), /<database>\/etc\/b</),
];
