import type { CommandIo } from "../command-io.ts";
import { EXIT } from "../exit-code.ts";
import type { PlanCommandOptions } from "../options/command-options.ts";
import { textFor } from "../text/text-for.ts";
import { drawPlans } from "../view/plans-view.ts";
import { terminalOf } from "../view/terminal.ts";
import { createReport } from "./create-report.ts";

/** `qwq-fit plan`: every plan on the Pareto front of quality, speed and context. */
export async function plan(options: PlanCommandOptions, io: CommandIo): Promise<number> {
  if (options.reverse === true) {
    const { reverse } = await import("./reverse.ts");
    return reverse(options, io);
  }
  if (options.target === "sagemaker") {
    const { planSagemaker } = await import("./plan-sagemaker.ts");
    return planSagemaker(options, io);
  }
  const report = await createReport(options, io);
  if (options.json === true) io.out(`${JSON.stringify(report)}\n`);
  else {
    const text = await textFor(io, options.lang);
    io.out(drawPlans(report, options, text, terminalOf(io)));
  }
  return report.fits ? EXIT.fits : EXIT.doesNotFit;
}
