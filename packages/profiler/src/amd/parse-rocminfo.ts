import { KiB } from "@qwq-fit/schema";
import type { Parsed } from "../device/sighting.ts";
import { emptyCard, type AmdCard } from "./amd-card.ts";

/**
 * Reads the agents of `rocminfo` that are GPUs (Hygon says "DCU"); CPU agents are left out. An agent's largest pool is its
 * memory: VRAM, or on an APU what the kernel lends it. BDFID is bus, device and function in one number.
 */
export function parseRocminfo(text: string): Parsed<readonly AmdCard[]> {
  const agents = text.split(/^[ \t]*Agent \d{1,6}[ \t]*\r?$/m).slice(1, 257);
  if (agents.length === 0) return { kind: "unreadable", reason: "no agent in rocminfo's output" };
  const cards = agents.filter((agent) => /^(?:GPU|DCU)$/.test(field(agent, "Device Type")));
  return { kind: "parsed", value: cards.map((agent, index) => readAgent(agent, index)) };
}

function readAgent(agent: string, index: number): AmdCard {
  const vendor = field(agent, "Vendor Name");
  const bdf = Number(/^\d{1,6}$/.exec(field(agent, "BDFID"))?.[0] ?? NaN);
  const pools = [
    ...agent.matchAll(/^[ \t]{0,40}Size:[ \t]{1,80}(\d{1,12})\(0x[0-9a-f]{1,16}\) KB/gim),
  ];
  const vramBytes = Math.max(0, ...pools.map((pool) => Number(pool[1]) * KiB));
  return {
    ...emptyCard(index),
    vendor: /hygon/i.test(vendor) ? "hygon" : "amd",
    name: field(agent, "Marketing Name") || null,
    pciAddress: Number.isNaN(bdf) || /hygon/i.test(vendor) ? null : readBdf(bdf),
    vramBytes: vramBytes === 0 ? null : vramBytes,
    target: /^gfx[0-9a-f]{3,5}/.exec(field(agent, "Name"))?.[0] ?? null,
    rocm: true,
  };
}

function field(agent: string, key: string): string {
  const value = new RegExp(`^[ \\t]{0,40}${key}:(.{0,300})`, "m").exec(agent)?.[1];
  return (value ?? "").trim().slice(0, 120);
}

function readBdf(bdf: number): string {
  return `0000:${hex(bdf >> 8)}:${hex((bdf >> 3) & 31)}.${bdf & 7}`;
}

function hex(value: number): string {
  return value.toString(16).padStart(2, "0");
}
