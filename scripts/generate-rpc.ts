/**
 * Writes provider/libvirt/rpc/{constants,procedures}.gen.ts from the JSON description of libvirt's protocol.
 *
 *   node scripts/generate-rpc.ts [path-to-libvirt-rpc.json]
 *
 * Run it after adding a name to PROCEDURES below, or after naming a constant that no file named before, and commit what it
 * writes. Names stay those of the protocol: `domain_define_xml_flags`; those of the QEMU program get the prefix `qemu_`,
 * constants keep their C names.
 */
import { globSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

interface Field {
  name: string;
  type: string;
  max?: number;
  fixed?: number;
}
interface ProcedureRow {
  name: string;
  number: number;
  args?: string;
  ret?: string;
  msg?: string;
  stream?: "read" | "write";
}
interface Program {
  program: Record<string, number>;
  constants: Record<string, number>;
  enums: Record<string, Record<string, number>>;
  unions: Record<string, { cases: Record<string, unknown> }>;
  structs: Record<string, Field[]>;
  procedures: ProcedureRow[];
}
interface Protocol {
  libvirt: string;
  remote: Program;
  qemu: Program;
  net: Program;
  keepalive: Program;
  enums: Record<string, Record<string, number>>;
}

const words = (text: string): string[] => text.trim().split(/\s+/);

const PROCEDURES = words(`
  auth_list auth_polkit auth_sasl_init
  connect_open connect_close connect_get_type connect_get_version connect_get_lib_version connect_get_hostname
  connect_get_uri connect_get_capabilities connect_get_domain_capabilities connect_get_sysinfo connect_get_max_vcpus
  connect_supports_feature connect_is_secure connect_get_all_domain_stats connect_get_cpu_model_names
  connect_compare_cpu connect_compare_hypervisor_cpu connect_baseline_cpu connect_baseline_hypervisor_cpu
  connect_find_storage_pool_sources connect_get_storage_pool_capabilities
  connect_list_all_domains connect_list_all_networks connect_list_all_storage_pools connect_list_all_interfaces
  connect_list_all_node_devices connect_list_all_nwfilters connect_list_all_nwfilter_bindings connect_list_all_secrets
  connect_register_close_callback connect_unregister_close_callback connect_event_connection_closed
  connect_domain_event_callback_register_any connect_domain_event_callback_deregister_any
  connect_network_event_register_any connect_network_event_deregister_any
  connect_storage_pool_event_register_any connect_storage_pool_event_deregister_any

  node_get_info node_get_cpu_map node_get_cpu_stats node_get_memory_stats node_get_memory_parameters
  node_set_memory_parameters node_get_free_memory node_get_cells_free_memory node_get_free_pages node_alloc_pages
  node_get_security_model node_get_sev_info
  node_device_lookup_by_name node_device_lookup_scsi_host_by_wwn node_device_get_xml_desc node_device_get_parent
  node_device_list_caps node_device_detach_flags node_device_re_attach node_device_reset node_device_create_xml
  node_device_destroy node_device_define_xml node_device_undefine node_device_create node_device_get_autostart
  node_device_set_autostart node_device_is_active node_device_is_persistent

  domain_lookup_by_name domain_lookup_by_uuid domain_lookup_by_id domain_define_xml domain_define_xml_flags
  domain_create_xml domain_create domain_create_with_flags domain_undefine domain_undefine_flags domain_destroy
  domain_destroy_flags domain_shutdown domain_shutdown_flags domain_reboot domain_reset domain_suspend domain_resume
  domain_pm_suspend_for_duration domain_pm_wakeup domain_inject_nmi domain_rename domain_get_state domain_get_info
  domain_get_xml_desc domain_is_active domain_is_persistent domain_is_updated domain_get_os_type domain_get_hostname
  domain_get_autostart domain_set_autostart domain_get_control_info domain_set_lifecycle_action domain_get_messages
  domain_get_metadata domain_set_metadata domain_get_vcpus domain_get_vcpus_flags domain_set_vcpus_flags
  domain_set_vcpu domain_get_guest_vcpus domain_set_guest_vcpus domain_get_vcpu_pin_info domain_pin_vcpu
  domain_pin_vcpu_flags domain_get_emulator_pin_info domain_pin_emulator domain_get_max_memory domain_get_max_vcpus
  domain_set_memory domain_set_memory_flags domain_set_max_memory domain_memory_stats domain_set_memory_stats_period
  domain_get_memory_parameters domain_set_memory_parameters domain_attach_device_flags domain_detach_device_flags
  domain_detach_device_alias domain_update_device_flags domain_block_resize domain_get_block_info domain_block_stats
  domain_block_stats_flags domain_get_block_io_tune domain_set_block_io_tune domain_get_disk_errors
  domain_set_block_threshold domain_interface_stats domain_get_interface_parameters domain_set_interface_parameters
  domain_interface_addresses domain_get_scheduler_type domain_get_scheduler_parameters_flags
  domain_set_scheduler_parameters_flags domain_get_blkio_parameters domain_set_blkio_parameters
  domain_get_numa_parameters domain_set_numa_parameters domain_get_iothread_info domain_add_iothread
  domain_del_iothread domain_pin_iothread domain_set_iothread_params domain_get_cpu_stats domain_get_perf_events
  domain_set_perf_events domain_get_launch_security_info domain_managed_save domain_has_managed_save_image
  domain_managed_save_remove domain_managed_save_get_xml_desc domain_managed_save_define_xml domain_save_flags
  domain_restore_flags domain_save_params domain_restore_params domain_save_image_get_xml_desc
  domain_save_image_define_xml domain_core_dump_with_format
  domain_snapshot_create_xml domain_snapshot_get_xml_desc domain_list_all_snapshots domain_snapshot_list_all_children
  domain_snapshot_lookup_by_name domain_has_current_snapshot domain_snapshot_current domain_snapshot_get_parent
  domain_snapshot_is_current domain_snapshot_has_metadata domain_revert_to_snapshot domain_snapshot_delete
  domain_checkpoint_create_xml domain_checkpoint_get_xml_desc domain_list_all_checkpoints
  domain_checkpoint_list_all_children domain_checkpoint_lookup_by_name domain_checkpoint_get_parent
  domain_checkpoint_delete domain_backup_begin domain_backup_get_xml_desc
  domain_migrate_begin3_params domain_migrate_prepare3_params domain_migrate_perform3_params
  domain_migrate_finish3_params domain_migrate_confirm3_params domain_migrate_set_max_downtime
  domain_migrate_get_max_downtime domain_migrate_set_max_speed domain_migrate_get_max_speed
  domain_migrate_start_post_copy domain_get_job_info domain_get_job_stats domain_abort_job domain_abort_job_flags
  domain_get_block_job_info domain_block_job_abort domain_block_job_set_speed domain_block_pull domain_block_rebase
  domain_block_commit domain_block_copy
  domain_fsfreeze domain_fsthaw domain_fstrim domain_get_fsinfo domain_get_guest_info domain_get_time domain_set_time
  domain_set_user_password domain_authorized_ssh_keys_get domain_authorized_ssh_keys_set
  domain_agent_set_response_timeout domain_send_key domain_screenshot domain_open_console domain_open_channel
  domain_event_callback_lifecycle domain_event_callback_reboot domain_event_callback_watchdog
  domain_event_callback_io_error_reason domain_event_callback_control_error domain_event_callback_disk_change
  domain_event_callback_balloon_change domain_event_callback_tunable domain_event_callback_agent_lifecycle
  domain_event_callback_device_added domain_event_callback_device_removed
  domain_event_callback_device_removal_failed domain_event_callback_migration_iteration
  domain_event_callback_job_completed domain_event_callback_metadata_change domain_event_block_job_2
  domain_event_block_threshold domain_event_memory_failure

  network_lookup_by_name network_lookup_by_uuid network_define_xml network_define_xml_flags network_create_xml
  network_create_xml_flags network_create network_destroy network_undefine network_update network_get_xml_desc
  network_get_autostart network_set_autostart network_get_bridge_name network_is_active network_is_persistent
  network_get_dhcp_leases network_list_all_ports network_port_lookup_by_uuid network_port_get_xml_desc
  network_port_get_parameters network_port_set_parameters network_port_create_xml network_port_delete
  network_event_lifecycle

  interface_lookup_by_name interface_lookup_by_mac_string interface_get_xml_desc interface_is_active

  storage_pool_lookup_by_name storage_pool_lookup_by_uuid storage_pool_lookup_by_volume
  storage_pool_lookup_by_target_path storage_pool_define_xml storage_pool_create_xml storage_pool_build
  storage_pool_create storage_pool_destroy storage_pool_delete storage_pool_undefine storage_pool_refresh
  storage_pool_get_info storage_pool_get_xml_desc storage_pool_get_autostart storage_pool_set_autostart
  storage_pool_is_active storage_pool_is_persistent storage_pool_num_of_volumes storage_pool_list_all_volumes
  storage_pool_event_lifecycle storage_pool_event_refresh
  storage_vol_lookup_by_name storage_vol_lookup_by_key storage_vol_lookup_by_path storage_vol_create_xml
  storage_vol_create_xml_from storage_vol_delete storage_vol_get_info storage_vol_get_info_flags
  storage_vol_get_xml_desc storage_vol_get_path storage_vol_resize storage_vol_wipe storage_vol_wipe_pattern
  storage_vol_upload storage_vol_download

  secret_define_xml secret_set_value secret_get_value secret_get_xml_desc secret_lookup_by_uuid
  secret_lookup_by_usage secret_undefine

  nwfilter_define_xml nwfilter_define_xml_flags nwfilter_lookup_by_name nwfilter_lookup_by_uuid
  nwfilter_get_xml_desc nwfilter_undefine

  qemu_domain_agent_command qemu_domain_monitor_command
`);

const isSafe = (name: string): boolean =>
  /_(get|lookup|list|is|has|num_of)_|_(current|stats|addresses|get|baseline|compare)$|^connect_(baseline|compare|supports|find)|stats_flags$|^auth_list$/.test(
    name,
  ) && !/_(set|register_any|create|open)(_|$)|^qemu_|^domain_screenshot$/.test(name);

const root = join(dirname(process.argv[1] ?? "scripts"), "..");
const source = process.argv[2] ?? join(root, "../shared/reference/libvirt-rpc.json");
const protocol = JSON.parse(readFileSync(source, "utf8")) as Protocol;
const { remote, qemu, net, keepalive } = protocol;
const banner = `// Generated by scripts/generate-rpc.ts from the protocol of libvirt ${protocol.libvirt}. Do not edit.\n`;

/** The constants that some file names. All of them, a thousand exports, take every provider process 8 ms to load. */
function named(): Set<string> {
  const files = globSync("{provider,test,bench}/**/*.ts", { cwd: root });
  const texts = files
    .filter((file) => !file.endsWith("constants.gen.ts"))
    .map((file) => readFileSync(join(root, file), "utf8"));
  return new Set(texts.flatMap((text) => text.match(/\b[A-Z]+_[A-Z0-9_]+\b/g) ?? []));
}

function constants(): string {
  const lines: string[] = [];
  const seen = new Set<string>();
  const wanted = named();
  const section = (title: string, values: Record<string, number>): void => {
    const fresh = Object.entries(values).filter(([name]) => wanted.has(name) && !seen.has(name));
    if (fresh.length === 0) return;
    lines.push("", `// ${title}`);
    for (const [name, value] of fresh) {
      seen.add(name);
      lines.push(`export const ${name} = ${value};`);
    }
  };
  const size = /^VIR_NET_MESSAGE/;
  section("programs", { ...remote.program, ...qemu.program, ...keepalive.program });
  section("keepalive procedures", prefixed("KEEPALIVE_PROC_", keepalive.procedures));
  section(
    "sizes, in bytes",
    Object.fromEntries(Object.entries(net.constants).filter(([name]) => size.test(name))),
  );
  for (const [title, values] of Object.entries({ ...net.enums, ...remote.enums })) section(title, values);
  // The protocol's union has one case for each virTypedParameterType, in its order; that enum counts from 1.
  const types = Object.keys(remote.unions["remote_typed_param_value"]?.cases ?? {});
  section("virTypedParameterType", Object.fromEntries(types.map((name, index) => [name, index + 1])));
  for (const [title, values] of Object.entries(protocol.enums)) section(title, values);
  return banner + lines.join("\n") + "\n";
}

function prefixed(prefix: string, rows: ProcedureRow[]): Record<string, number> {
  return Object.fromEntries(rows.map((row) => [prefix + row.name.toUpperCase(), row.number]));
}

const pascal = (name: string): string =>
  name
    .split("_")
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join("");
const camel = (name: string): string => name.charAt(0).toLowerCase() + pascal(name).slice(1);

/** The structs that the chosen procedures need, each after those it is made of. */
const order: string[] = [];
const structs: Record<string, Field[]> = { ...remote.structs, ...qemu.structs };

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

function one(type: string): Rendered {
  const scalar = SCALARS[type];
  if (scalar) return scalar;
  if (structs[type]) {
    need(type);
    return { type: pascal(type), codec: camel(type) };
  }
  const inner = type.replace(/^remote_/, "remote_nonnull_");
  if (!structs[inner]) throw new Error(`Unknown type ${type}`);
  need(inner);
  return { type: `${pascal(inner)} | null`, codec: `optional(${camel(inner)})` };
}

/** Limits that the reference names without a number: VIR_SECURITY_{LABEL,MODEL,DOI}_BUFLEN of libvirt-host.h. */
const NAMED_LIMITS: Record<string, number> = {
  REMOTE_SECURITY_LABEL_MAX: 4097,
  REMOTE_SECURITY_MODEL_MAX: 257,
  REMOTE_SECURITY_DOI_MAX: 257,
};

function render(field: Field): Rendered {
  const max = typeof field.max === "string" ? NAMED_LIMITS[field.max] : field.max;
  if (field.type === "opaque") return { type: "Buffer", codec: `opaque(${max})` };
  if (field.type === "char" && field.fixed !== undefined)
    return { type: "string", codec: `chars(${field.fixed})` };
  const item = one(field.type);
  if (max === undefined) return item;
  const type = item.type.includes("|") ? `(${item.type})[]` : `${item.type}[]`;
  return { type, codec: `array(${item.codec}, ${max})` };
}

function need(name: string): void {
  if (name === "remote_typed_param" || order.includes(name)) return;
  for (const field of structs[name] ?? []) render(field);
  order.push(name);
}

function procedures(): string {
  const rows: { name: string; row: ProcedureRow; program: string }[] = PROCEDURES.map((name) => {
    const isQemu = name.startsWith("qemu_");
    const row = (isQemu ? qemu : remote).procedures.find(
      (known) => known.name === name.replace(/^qemu_/, ""),
    );
    if (!row) throw new Error(`The protocol has no procedure ${name}`);
    return { name, row, program: isQemu ? "QEMU_PROGRAM" : "REMOTE_PROGRAM" };
  });
  need("remote_error");
  for (const { row } of rows) for (const type of [row.args, row.ret, row.msg]) if (type) need(type);

  const calls = rows.filter(({ row }) => !row.msg && !row.name.startsWith("connect_event_"));
  const events = rows.filter(({ row }) => row.msg ?? row.name.startsWith("connect_event_"));
  const typed = (type: string | undefined): string => (type ? pascal(type) : "void");
  const codecOf = (type: string | undefined): string => (type ? camel(type) : "nothing");

  const types = order.map((name) => {
    const fields = (structs[name] ?? []).map((field) => `  ${field.name}: ${render(field).type};`);
    return `export interface ${pascal(name)} {\n${fields.join("\n")}\n}`;
  });
  const codecs = order.map((name) => {
    const fields = (structs[name] ?? []).map((field) => `  ${field.name}: ${render(field).codec},`);
    const keyword = name === "remote_error" ? "export const" : "const";
    return `${keyword} ${camel(name)}: Codec<${pascal(name)}> = struct<${pascal(name)}>({\n${fields.join("\n")}\n});`;
  });
  const table = calls.map(({ name, row, program }) => {
    const extras = (row.stream ? `, stream: "${row.stream}"` : "") + (isSafe(name) ? ", safe: true" : "");
    return `  ${name}: { name: "${name}", program: ${program}, number: ${row.number}, args: ${codecOf(row.args)}, ret: ${codecOf(row.ret)}${extras} },`;
  });
  const eventTable = events.map(({ name, row }) => {
    const message =
      (row.msg ?? structs[`remote_${row.name}_msg`])
        ? codecOf(row.msg ?? `remote_${row.name}_msg`)
        : "nothing";
    return `  ${name}: { name: "${name}", program: REMOTE_PROGRAM, number: ${row.number}, message: ${message} },`;
  });
  return [
    banner,
    `import { array, type Codec, chars, hyper, int, nothing, opaque, optional, string, struct, uhyper, uint, uuid } from "./codec";`,
    `import { QEMU_PROGRAM, REMOTE_PROGRAM, VIR_NET_MESSAGE_STRING_MAX } from "./constants.gen";`,
    `import { remoteTypedParam, type TypedParam } from "./typedParams";`,
    "",
    ...types,
    "",
    "const text = string(VIR_NET_MESSAGE_STRING_MAX);",
    ...codecs,
    "",
    "/** Arguments and result of every call, by the protocol's own name. */",
    "export interface Procedures {",
    ...calls.map(({ name, row }) => `  ${name}: { args: ${typed(row.args)}; ret: ${typed(row.ret)} };`),
    "}",
    "",
    "/** What the daemon sends by itself, by the protocol's own name. */",
    "export interface Events {",
    ...events.map(
      ({ name, row }) =>
        `  ${name}: ${typed(row.msg ?? (structs[`remote_${row.name}_msg`] ? `remote_${row.name}_msg` : undefined))};`,
    ),
    "}",
    "",
    "export interface Procedure<Args, Ret> {",
    "  readonly name: keyof Procedures;",
    "  readonly program: number;",
    "  readonly number: number;",
    "  readonly args: Codec<Args>;",
    "  readonly ret: Codec<Ret>;",
    "  /** Direction of the stream that follows the reply, as seen by the client. */",
    `  readonly stream?: "read" | "write";`,
    "  /** It only reads: asking again after a lost connection changes nothing. */",
    "  readonly safe?: true;",
    "}",
    "",
    'export const procedures: { readonly [Name in keyof Procedures]: Procedure<Procedures[Name]["args"], Procedures[Name]["ret"]> } = {',
    ...table,
    "};",
    "",
    "export const events: { readonly [Name in keyof Events]: { readonly name: Name; readonly program: number; readonly number: number; readonly message: Codec<Events[Name]> } } = {",
    ...eventTable,
    "};",
    "",
  ].join("\n");
}

const target = join(root, "provider/libvirt/rpc");
writeFileSync(join(target, "procedures.gen.ts"), procedures());
writeFileSync(join(target, "constants.gen.ts"), constants());
process.stdout.write(`${PROCEDURES.length} procedures and messages, ${order.length} structs\n`);
