import type { Catalog, HardwareEntry, HardwareProfile } from "@qwq-fit/schema";

import { assumed } from "./assumptions.ts";
import { type LabelPart, readLabel } from "./label-words.ts";
import { type EntryMatch, matchEntries, widerEntries } from "./match-entry.ts";
import { nearNames } from "./near-names.ts";
import { type NamedDevices, type NamedMachine, profileOf } from "./profile-of.ts";

/** What a label means: a machine, one of several, or nothing that is known. */
export type ResolvedHardware =
  | { readonly kind: "resolved"; readonly hardware: HardwareProfile }
  | { readonly kind: "ambiguous"; readonly candidates: readonly string[] }
  | { readonly kind: "unknown"; readonly near: readonly string[] };

/** Candidates that are offered for an ambiguous name. */
const mostCandidates = 12;

const isHost = (entry: HardwareEntry): boolean =>
  entry.kind === "machine" || entry.kind === "instance";

function chosen(part: LabelPart, entries: readonly HardwareEntry[]): EntryMatch | ResolvedHardware {
  const matches = matchEntries(part, entries);
  const [first] = matches;
  if (first !== undefined && matches.length === 1) return first;
  const several =
    matches.length > 1 ? matches.map(({ entry }) => entry) : widerEntries(part, entries);
  const [only] = several;
  // "Mac Studio 512GB" names no chip, and there is one of that size
  if (
    only !== undefined &&
    several.length === 1 &&
    isHost(only) &&
    !part.atoms.some((atom) => /^\d/.test(atom))
  ) {
    return { entry: only, explained: 0, memoryBytes: part.memoryBytes };
  }
  if (several.length > 0) {
    const candidates = [...new Set(several.map(({ name }) => name))].slice(0, mostCandidates);
    return { kind: "ambiguous", candidates };
  }
  return { kind: "unknown", near: nearNames(part.atoms.join(" "), entries) };
}

interface Draft {
  devices: NamedDevices[];
  cpu: HardwareEntry | null;
  machine: HardwareEntry | null;
  hostMemoryBytes: number | null;
  hostCount: number;
  cpuOnly: boolean;
}

function takeMachine(draft: Draft, match: EntryMatch, part: LabelPart, catalog: Catalog): void {
  const { entry } = match;
  draft.machine = entry;
  draft.hostCount = part.counts.reduce((product, count) => product * count, 1);
  const memoryBytes = match.memoryBytes ?? entry.memoryBytes[0] ?? null;
  draft.hostMemoryBytes = memoryBytes;
  for (const { id, count } of entry.devices) {
    const device = catalog.hardware.find((other) => other.id === id);
    if (device === undefined) continue;
    draft.devices.push({ entry: device, count, memoryBytes: device.unified ? memoryBytes : null });
  }
}

function takeDevice(draft: Draft, match: EntryMatch, part: LabelPart): void {
  const { entry } = match;
  const counts = part.counts.length > 1 ? part.counts.slice(1) : part.counts;
  if (part.counts.length > 1) draft.hostCount = part.counts[0] ?? 1;
  const count = counts[0] ?? 1;
  if (entry.kind === "cpu") {
    draft.cpu = entry;
    draft.hostMemoryBytes ??= part.memoryBytes ?? entry.memoryBytes[0] ?? null;
    draft.hostCount = count;
    return;
  }
  // several chips with memory of their own are several machines
  if (entry.unified) draft.hostCount = count;
  draft.devices.push({ entry, count: entry.unified ? 1 : count, memoryBytes: match.memoryBytes });
  if (part.hostMemory) draft.hostMemoryBytes ??= part.memoryBytes;
  draft.cpuOnly = entry.unified && part.atoms.includes("cpu") && !part.atoms.includes("igpu");
}

/**
 * The machine that a label names, out of the catalogue: "Mac mini M4 Pro 24GB", "2x RTX 3090 + 64GB RAM",
 * "Atlas 300I Duo", "2x 8x 910B" (hosts, then devices). Words are compared, not patterns: makers, order and
 * punctuation do not matter, every number and every word that tells products apart must be accounted for.
 *
 * What the label leaves open (memory of a PC, its CPU, what is free) is assumed, and told in `warnings`.
 * A name that several entries share comes back with them, an unknown one with those that look like it.
 */
export function resolveHardware(label: string, catalog: Catalog): ResolvedHardware {
  const draft: Draft = {
    devices: [],
    cpu: null,
    machine: null,
    hostMemoryBytes: null,
    hostCount: 1,
    cpuOnly: false,
  };
  for (const part of readLabel(label)) {
    if (part.atoms.length === 0) {
      draft.hostMemoryBytes = part.memoryBytes;
      continue;
    }
    const match = chosen(part, catalog.hardware);
    if ("kind" in match) return match;
    if (isHost(match.entry)) takeMachine(draft, match, part, catalog);
    else takeDevice(draft, match, part);
  }
  if (draft.devices.length === 0 && draft.cpu === null && draft.machine === null) {
    return { kind: "unknown", near: nearNames(label, catalog.hardware) };
  }
  const cpu = catalog.hardware.find(({ id }) => id === assumed.cpuEntry) ?? null;
  const named: NamedMachine = { label, ...draft };
  return { kind: "resolved", hardware: profileOf(named, cpu) };
}
