import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { QwqError } from "@qwq-fit/schema";
import type { ErrorCode } from "@qwq-fit/schema";
import type { RunDownload } from "./cut-download.ts";

/** Time that Node needs to start, about; the cut comes after it. */
const START_MS = 60;

/** In a process of its own; cut by kill -9. */
export const runKilled: RunDownload = async (source, target, options, cutAfterMs) => {
  const program = fileURLToPath(new URL("./download-program.ts", import.meta.url));
  const parameters = [source, target, options].map((value) => JSON.stringify(value));
  const child = spawn(process.execPath, [program, ...parameters], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let said = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const timer =
    cutAfterMs === null ? null : setTimeout(() => child.kill("SIGKILL"), START_MS + cutAfterMs * 4);
  const code = await new Promise<number | null>((resolve) => {
    child.once("close", resolve);
  });
  if (timer !== null) clearTimeout(timer);
  if (code === 0) return;
  if (code === null) throw new QwqError("aborted", "It was killed.");
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  throw new QwqError((said === "" ? "internal" : said) as ErrorCode, "The download failed.");
};
