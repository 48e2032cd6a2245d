import { downloadFile } from "../store/download.ts";
import type { DownloadOptions, DownloadSource } from "../store/download-types.ts";

// A program for tests: downloads what its arguments say, to be killed at any moment.
const [source, target, options] = process.argv.slice(2).map((text) => JSON.parse(text) as unknown);
try {
  // The test that starts this wrote the arguments.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  await downloadFile(source as DownloadSource, String(target), options as DownloadOptions);
} catch (error) {
  process.stdout.write(error instanceof Error && "code" in error ? String(error.code) : "internal");
  process.exitCode = 1;
}
