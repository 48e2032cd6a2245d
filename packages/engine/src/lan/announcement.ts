import type { MdnsRecord } from "./mdns-port.ts";

/** The service type (RFC 6763 section 7). */
export const LAN_SERVICE = "_qwq-fit._tcp.local";

/** What a server tells everybody in the house: where it is, and nothing that is secret. */
export interface LanService {
  /** Random, and the same after a restart. Not a proof of anything. */
  readonly instance: string;
  /** What people call the machine. */
  readonly name: string;
  readonly model: string;
  readonly port: number;
  readonly addresses: readonly string[];
}

/** RFC 6762 section 10: records that hold an address live 120 s. */
const TTL_SECONDS = 120;
/** RFC 6763 section 6.1: one string of a TXT record. */
const MOST_TXT_BYTES = 255;
const INSTANCE = /^[0-9a-f]{16}$/u;

/** The records of a service; with `ttl` 0 its goodbye (RFC 6762 section 10.1). */
export function recordsOf(service: LanService, ttl: number = TTL_SECONDS): MdnsRecord[] {
  const { instance, port, addresses } = service;
  // No dot in it: one label.
  const host = `qwq-fit-${instance}`;
  const name = `${host}.${LAN_SERVICE}`;
  const target = `${host}.local`;
  return [
    { type: "PTR", name: LAN_SERVICE, ttl, data: name },
    { type: "SRV", name, ttl, data: { port, target } },
    { type: "TXT", name, ttl, data: encodeTxt(service) },
    ...addresses.map((data) => ({ type: "A" as const, name: target, ttl, data })),
  ];
}

/** The strings of a TXT record, `key=value` each (RFC 6763 section 6). */
export function encodeTxt({
  instance,
  name,
  model,
}: Pick<LanService, "instance" | "name" | "model">): Uint8Array[] {
  return [
    ["txtvers", "1"],
    ["id", instance],
    ["name", name],
    ["model", model],
  ].map(([key, value]) => fitting(`${key}=${value}`));
}

/** At most 255 bytes, cut between characters. */
function fitting(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  if (bytes.length <= MOST_TXT_BYTES) return bytes;
  let end = MOST_TXT_BYTES;
  // A byte 10xxxxxx goes on with a character.
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.slice(0, end);
}

/** What a TXT record says; null where it is none of ours. Written by anybody: control characters are taken out. */
export function decodeTxt(
  strings: readonly Uint8Array[],
): Pick<LanService, "instance" | "name" | "model"> | null {
  const values = new Map<string, string>();
  for (const bytes of strings.slice(0, 16)) {
    const text = new TextDecoder().decode(bytes);
    const at = text.indexOf("=");
    const key = text.slice(0, at).toLowerCase();
    if (at > 0 && !values.has(key)) values.set(key, text.slice(at + 1));
  }
  const instance = values.get("id") ?? "";
  const model = shown(values.get("model") ?? "");
  if (values.get("txtvers") !== "1" || !INSTANCE.test(instance) || model === "") return null;
  return { instance, model, name: shown(values.get("name") ?? "") || instance };
}

/** Text that may be printed: no control or format characters. */
export function shown(text: string): string {
  return text.replaceAll(/[\p{C}\p{Zl}\p{Zp}]/gu, "").slice(0, MOST_TXT_BYTES);
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** The services that records tell of, each whole one once. */
export function servicesIn(records: readonly MdnsRecord[]): LanService[] {
  const found = new Map<string, LanService>();
  for (const pointer of records) {
    if (pointer.type !== "PTR" || pointer.ttl === 0 || !same(pointer.name, LAN_SERVICE)) continue;
    const of = records.filter(({ name }) => same(name, pointer.data));
    const place = of.findLast((one) => one.type === "SRV")?.data;
    const text = of.findLast((one) => one.type === "TXT")?.data;
    const about = text === undefined ? null : decodeTxt(text);
    if (place === undefined || about === null) continue;
    const addresses = records.flatMap((one) =>
      one.type === "A" && same(one.name, place.target) ? [one.data] : [],
    );
    const { port } = place;
    if (port < 1 || port > 65_535 || addresses.length === 0) continue;
    found.set(about.instance, { ...about, port, addresses: [...new Set(addresses)] });
  }
  return [...found.values()];
}
