import { existsSync, realpathSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where programs are looked for. */
export interface ProgramPlaces {
  /** The machine is this one; else nothing is looked up. */
  readonly here: boolean;
  readonly path: string | undefined;
  /** Of this process: node, and the script that it runs. */
  readonly node: string;
  readonly script: string | undefined;
  /** Where a program is assumed that is not found. */
  readonly usual: string;
}

/**
 * A program with an absolute path, as a service manager wants it. The command itself is node with its script, so that no
 * shell and no PATH is needed.
 */
export function findProgram(program: string, places: ProgramPlaces): readonly string[] {
  const { here, path = "", node, script, usual } = places;
  if (here) {
    const own = program === "qwq-fit" && script !== undefined && existsSync(script);
    if (own && /qwq-fit(?:\.mjs)?$/u.test(script)) return [node, realpathSync(script)];
    const found = path
      .split(delimiter)
      .filter((folder) => folder !== "")
      .map((folder) => join(folder, program))
      .find((file) => existsSync(file));
    if (found !== undefined) return [found];
  }
  return [`${usual}/${program}`];
}
