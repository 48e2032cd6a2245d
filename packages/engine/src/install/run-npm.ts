import { execFile, spawn } from "node:child_process";
import { access } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { QwqError } from "@qwq-fit/schema";

/** npm as a program: its script run by this Node where it lies beside it, else the one on the PATH. */
async function npmProgram(): Promise<{ program: string; before: string[] }> {
  const folder = dirname(process.execPath);
  for (const script of [
    join(folder, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    join(folder, "node_modules", "npm", "bin", "npm-cli.js"),
  ]) {
    try {
      // oxlint-disable-next-line no-await-in-loop
      await access(script);
      return { program: process.execPath, before: [script] };
    } catch {
      // It is not there.
    }
  }
  return { program: process.platform === "win32" ? "npm.cmd" : "npm", before: [] };
}

/** The downloads and builds that node-llama-cpp's own install script would do are not wanted. */
const ENVIRONMENT = { NODE_LLAMA_CPP_SKIP_DOWNLOAD: "true", NODE_LLAMA_CPP_POSTINSTALL: "skip" };

/** Runs npm to its end. @throws QwqError `download_failed`, `engine_missing` without npm, `aborted`. */
export async function runNpm(parameters: readonly string[], signal?: AbortSignal): Promise<void> {
  const { program, before } = await npmProgram();
  await new Promise<void>((resolve, reject) => {
    const child = spawn(program, [...before, ...parameters], {
      env: { ...process.env, ...ENVIRONMENT },
      stdio: ["ignore", "ignore", "pipe"],
      shell: program.endsWith(".cmd"),
      ...(signal === undefined ? {} : { signal }),
    });
    let tail = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-2000);
    });
    child.once("error", (error) => {
      if (signal?.aborted === true)
        reject(new QwqError("aborted", "The installation was aborted."));
      else reject(missing(error));
    });
    child.once("close", (code) => {
      if (code === 0) resolve();
      else if (signal?.aborted === true) {
        reject(new QwqError("aborted", "The installation was aborted."));
      } else {
        reject(
          new QwqError("download_failed", `npm could not install the engine: ${lastError(tail)}`, {
            hint: "Check the network and npm's registry; what was fetched is kept for the next try.",
          }),
        );
      }
    });
  });
}

/** Sizes on disk, bytes, as measured on Linux: 3.22.1's, 3.21.1's are alike; the large ones to the nearest 1 MB. */
const MEASURED_BYTES: Readonly<Record<string, number>> = {
  "node-llama-cpp": 40_000_000,
  "@node-llama-cpp/linux-x64": 30_000_000,
  "@node-llama-cpp/linux-x64-vulkan": 74_000_000,
  "@node-llama-cpp/linux-x64-cuda": 181_000_000,
  "@node-llama-cpp/linux-x64-cuda-ext": 358_000_000,
  "@node-llama-cpp/linux-arm64": 20_000_000,
  "@node-llama-cpp/linux-armv7l": 13_000_000,
};

/** What packages (name@version) take on disk, about, bytes in all: measured, else as npm's registry says; null where it does not. */
export async function packageBytes(
  packages: readonly string[],
  signal?: AbortSignal,
): Promise<number | null> {
  const { program, before } = await npmProgram();
  let total = 0;
  for (const name of packages) {
    const measured = MEASURED_BYTES[name.slice(0, name.lastIndexOf("@"))];
    if (measured !== undefined) {
      total += measured;
      continue;
    }
    try {
      // oxlint-disable-next-line no-await-in-loop
      const { stdout } = await promisify(execFile)(
        program,
        [...before, "view", name, "dist.unpackedSize", "--json"],
        { timeout: 20_000, ...(signal === undefined ? {} : { signal }) },
      );
      const bytes = Number.parseInt(stdout, 10);
      if (!(bytes > 0)) return null;
      total += bytes;
    } catch {
      return null;
    }
  }
  return total;
}

function lastError(tail: string): string {
  const lines = tail.split("\n").filter((line) => /npm (?:error|ERR)/u.test(line));
  return (lines.at(-1) ?? tail.trim().split("\n").at(-1) ?? "no reason given").slice(0, 300);
}

function missing(cause: Error): QwqError {
  return new QwqError("engine_missing", "npm is not here, and the engine is installed with it.", {
    cause,
    hint: "Install Node.js with npm, or point --engine at a folder that holds node-llama-cpp.",
  });
}
