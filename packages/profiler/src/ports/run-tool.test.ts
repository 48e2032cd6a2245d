import { describe, expect, test } from "vitest";
import { runTool, TOOL_OUTPUT_BYTES } from "./run-tool.ts";

/** A tool made of one line of JavaScript. */
function run(script: string, timeoutMs?: number): ReturnType<typeof runTool> {
  return runTool(process.execPath, ["-e", script], timeoutMs);
}

describe("runTool", () => {
  test("brings both outputs and the exit code", async () => {
    expect(await run("console.log('out'); console.error('err'); process.exitCode = 3")).toEqual({
      kind: "ended",
      exitCode: 3,
      stdout: "out\n",
      stderr: "err\n",
    });
  });

  test("a program that is not there is missing", async () => {
    expect(await runTool("no-such-program-anywhere", [])).toEqual({ kind: "missing" });
  });

  test("a file that is no program has failed", async () => {
    const result = await runTool(import.meta.filename, []);
    expect(result.kind).toBe("failed");
  });

  test("a hanging tool is stopped at its limit", async () => {
    expect(await run("setInterval(() => {}, 1000)", 300)).toEqual({
      kind: "timeout",
      timeoutMs: 300,
    });
  });

  test.skipIf(process.platform === "win32")(
    "a grandchild that holds the pipes open neither delays the answer nor outlives it",
    async () => {
      const script = `
        const child = require("child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"],
          { stdio: "inherit" });
        console.log(child.pid);
        setInterval(() => {}, 1000);`;
      const started = performance.now();
      const result = await run(script, 500);
      expect(result.kind).toBe("timeout");
      expect(performance.now() - started).toBeLessThan(3000);
    },
  );

  test("a tool that prints without end is stopped at its limit of bytes", async () => {
    const flood = "const b = Buffer.alloc(65536, 121); for (;;) require('fs').writeSync(1, b)";
    expect(await run(flood)).toEqual({ kind: "flooded", limitBytes: TOOL_OUTPUT_BYTES });
  });

  test("a tool ended by a signal has failed", async () => {
    expect((await run("process.kill(process.pid, 'SIGTERM')")).kind).toBe("failed");
  });
});
