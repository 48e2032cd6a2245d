import { spawn } from "node:child_process";
import type { ToolResult } from "./probe-ports.ts";

/** A tool that says nothing for this long is taken for hanging. `nvidia-smi` without persistence mode needs seconds. */
export const TOOL_TIMEOUT_MS = 5000;
/** `nvidia-smi -q -x` prints about 60 KB a GPU; 16 of them must pass. */
export const TOOL_OUTPUT_BYTES: number = 8 * 1024 * 1024;

/**
 * Runs a program without a shell. Ends it, and what it started, when time or output passes the limit, and answers at
 * that moment, not when its pipes close: a grandchild may hold them open for ever.
 */
export function runTool(
  program: string,
  args: readonly string[],
  timeoutMs: number = TOOL_TIMEOUT_MS,
): Promise<ToolResult> {
  return new Promise((resolve) => {
    const ownGroup = process.platform !== "win32";
    const child = spawn(program, args, {
      stdio: ["ignore", "pipe", "pipe"],
      detached: ownGroup,
      windowsHide: true,
      // Tools translate and colour their output by the user's locale.
      env: { ...process.env, LC_ALL: "C", NO_COLOR: "1", TERM: "dumb" },
    });
    const output = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
    let bytes = 0;
    let settled = false;
    const settle = (result: ToolResult): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      resolve(result);
    };
    const end = (result: ToolResult): void => {
      settle(result);
      child.stdout.destroy();
      child.stderr.destroy();
      try {
        if (ownGroup && child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
        else child.kill("SIGKILL");
      } catch {
        // It ended by itself in the meantime.
      }
      child.unref();
    };
    const timer = setTimeout(() => {
      end({ kind: "timeout", timeoutMs });
    }, timeoutMs);
    const collect = (into: Buffer[]) => (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > TOOL_OUTPUT_BYTES) end({ kind: "flooded", limitBytes: TOOL_OUTPUT_BYTES });
      else into.push(chunk);
    };
    child.stdout.on("data", collect(output.stdout));
    child.stderr.on("data", collect(output.stderr));
    child.on("error", (error: NodeJS.ErrnoException) => {
      settle(
        error.code === "ENOENT"
          ? { kind: "missing" }
          : { kind: "failed", reason: error.code ?? error.message },
      );
    });
    child.on("close", (code, signal) => {
      settle(
        code === null
          ? { kind: "failed", reason: `ended by ${signal ?? "a signal"}` }
          : {
              kind: "ended",
              exitCode: code,
              stdout: Buffer.concat(output.stdout).toString("utf8"),
              stderr: Buffer.concat(output.stderr).toString("utf8"),
            },
      );
    });
  });
}
