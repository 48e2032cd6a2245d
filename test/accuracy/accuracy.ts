// Predictions beside measurements: npm run accuracy -- [--speeds FILE] [--json]
import { parseArgs } from "node:util";
import { loadFitted } from "./fitted.ts";
import { judgeRows } from "./judge.ts";
import { readMeasurements } from "./measurement-file.ts";
import { summarize } from "./summary.ts";
import { tableOf } from "./table.ts";

const { values } = parseArgs({
  options: { speeds: { type: "string" }, json: { type: "boolean", default: false } },
});
const { catalog, coefficients, measurements, validation } = loadFitted();
const summary = summarize(
  judgeRows(readMeasurements(values.speeds ?? measurements), catalog, coefficients),
);
if (values.json) {
  process.stdout.write(`${JSON.stringify({ ...summary, validation }, null, 2)}\n`);
} else {
  const fitted =
    values.speeds === undefined
      ? "The coefficients were fitted to these rows; the last table is of rows left out.\n\n"
      : "";
  process.stdout.write(`${fitted}${tableOf(summary, validation)}\n`);
}
