import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import type { CheckOptions } from "../options/command-options.ts";
import { textFor } from "../text/text-for.ts";
import { drawCheck } from "../view/check-view.ts";
import { terminalOf } from "../view/terminal.ts";
import { createReport } from "./create-report.ts";

/** `qwq-fit check`: the verdict for one model on one machine. */
export async function check(options: CheckOptions, io: CommandIo): Promise<number> {
  const report = await createReport(options, io);
  if (options.json === true) io.out(`${JSON.stringify(report)}\n`);
  else {
    const text = await textFor(io, options.lang);
    io.out(drawCheck(report, options, text, terminalOf(io)));
  }
  return report.fits ? EXIT.fits : EXIT.doesNotFit;
}
