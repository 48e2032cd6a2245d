import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { EngineSettings } from "../engine-settings.ts";

/** Settings with which the engine failed on this machine. */
export interface Failure {
  readonly model: string;
  readonly modelBytes: number;
  readonly engineVersion: string;
  readonly settings: EngineSettings;
  readonly reason: string;
  readonly at: string;
}

/** A driver may be mended, memory added: what failed longer ago is tried again. */
const FORGET_AFTER_MS = 30 * 24 * 3600 * 1000;
const KEEP = 100;

/** What failed on this machine, in a small JSON file of the state directory. */
export class FailureMemory {
  readonly #path: string | null;

  /** Without a path nothing is remembered. */
  constructor(path: string | null) {
    this.#path = path;
  }

  async has(failure: Omit<Failure, "reason" | "at">, now: Date): Promise<Failure | null> {
    const list = await this.#read();
    const key = keyOf(failure);
    const oldest = now.getTime() - FORGET_AFTER_MS;
    return list.find((known) => keyOf(known) === key && Date.parse(known.at) > oldest) ?? null;
  }

  async add(failure: Failure): Promise<void> {
    if (this.#path === null) return;
    const key = keyOf(failure);
    const others = (await this.#read()).filter((known) => keyOf(known) !== key);
    const list = [...others, failure].slice(-KEEP);
    await mkdir(dirname(this.#path), { recursive: true });
    const partial = `${this.#path}.${randomUUID()}`;
    await writeFile(partial, JSON.stringify({ schemaVersion: 1, failures: list }, null, 2));
    await rename(partial, this.#path);
  }

  async #read(): Promise<Failure[]> {
    if (this.#path === null) return [];
    try {
      const value: unknown = JSON.parse(await readFile(this.#path, "utf8"));
      if (typeof value !== "object" || value === null || !("failures" in value)) return [];
      return Array.isArray(value.failures) ? value.failures.filter(isFailure) : [];
    } catch {
      // No file, or one that cannot be read: nothing is known.
      return [];
    }
  }
}

function isFailure(value: unknown): value is Failure {
  if (typeof value !== "object" || value === null) return false;
  return "model" in value && "settings" in value && "at" in value && typeof value.at === "string";
}

function keyOf(failure: Omit<Failure, "reason" | "at">): string {
  const { model, modelBytes, engineVersion, settings } = failure;
  return JSON.stringify([model, modelBytes, engineVersion, settings]);
}
