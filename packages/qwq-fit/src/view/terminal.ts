import picocolors from "picocolors";
import type { CommandIo } from "../command-io.ts";

/** Colour functions that do nothing where colour is not wanted. */
export type Colours = ReturnType<typeof picocolors.createColors>;

/** How the answer is drawn: colours, columns, and whether more than ASCII can be shown. */
export interface Terminal {
  readonly colours: Colours;
  readonly columns: number;
}

/** Columns assumed where the output is no terminal, and the most that are used in a wide one. */
const COLUMNS = { assumed: 60, most: 80, least: 40 } as const;

/** Colour on a terminal only; `NO_COLOR` takes it away, `FORCE_COLOR` gives it (https://no-color.org, https://force-color.org). */
export function wantsColour(io: CommandIo): boolean {
  const { NO_COLOR: no, FORCE_COLOR: force, TERM: kind } = io.environment;
  if (no !== undefined && no !== "") return false;
  if (force !== undefined && force !== "") return force !== "0" && force !== "false";
  return io.columns !== null && kind !== "dumb";
}

/** {@link Terminal} of the standard output; `COLUMNS` stands above what the terminal says. */
export function terminalOf(io: CommandIo): Terminal {
  const told = Number(io.environment["COLUMNS"]);
  const columns = Number.isInteger(told) && told > 0 ? told : (io.columns ?? COLUMNS.assumed);
  return {
    colours: picocolors.createColors(wantsColour(io)),
    columns: Math.max(COLUMNS.least, Math.min(COLUMNS.most, columns)),
  };
}
