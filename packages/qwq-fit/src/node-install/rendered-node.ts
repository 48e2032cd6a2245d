import type { EvidenceStatus, FitPlan } from "@qwq-fit/schema";

/** A file that a machine gets. */
export interface NodeFile {
  /** 0 is the machine that answers; the others help it. */
  readonly host: number;
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

/** A command that a machine runs, in its order. */
export interface NodeCommand {
  readonly host: number;
  readonly program: string;
  readonly arguments: readonly string[];
  readonly about: string;
}

/** What a plan becomes on its machines. */
export interface RenderedNode {
  readonly files: readonly NodeFile[];
  readonly commands: readonly NodeCommand[];
  /** Where it answers, seen from machine 0. */
  readonly baseUrl: string;
  /** How well this was tried. */
  readonly status: EvidenceStatus;
  readonly notes: readonly string[];
}

/** What rendering needs beside the plan. */
export interface RenderContext {
  readonly plan: FitPlan;
  /** Repository of the weights, where the plan's own command names another's. */
  readonly repository: string;
  /** A template of infra/nodes. */
  readonly template: (name: string) => Promise<string>;
  /** A program as words with an absolute path. */
  readonly find: (program: string) => readonly string[];
  /** Addresses of the machines, machine 0 first. */
  readonly hosts: readonly string[];
  /** The account that a daemon on a Mac runs as. */
  readonly user: string;
  readonly home: string;
}

/** The words of a plan's command, with the repository that really holds its weights. */
export function wordsOf({ plan, repository }: RenderContext): string[] {
  const words = [...(plan.startCommand?.arguments ?? [])];
  const at = words.findIndex(
    (word, index) => word === plan.model && words[index - 1] !== "--model",
  );
  if (at !== -1) words[at] = repository;
  return words;
}

/** A copy of a command's words with a flag's value set, or added. */
export function withFlag(words: readonly string[], name: string, value: string): string[] {
  const index = words.indexOf(name);
  if (index === -1) return [...words, name, value];
  return words.map((word, at) => (at === index + 1 ? value : word));
}

/** The port in a command, or the engine's usual one. */
export function portOf(words: readonly string[], usual: number): number {
  const index = words.indexOf("--port");
  return index === -1 ? usual : Number(words[index + 1]);
}
