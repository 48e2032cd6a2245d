import { createWriteStream, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";
import { expect, test } from "vitest";
import { isBuilt, runCommand } from "../support/run-command.ts";

const REQUESTS = 60_000;

test.skipIf(!isBuilt)(
  "a long trace is replayed in a small heap, and a line of 60 MB in it is told",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "qwq-fit-replay-"));
    try {
      const path = join(folder, "long.jsonl");
      const file = createWriteStream(path);
      for (let i = 0; i < REQUESTS; i++) {
        const line = `{"arrivalMs":${i * 4000},"promptTokens":${100 + (i % 700)},"reasoningTokens":${i % 300},"answerTokens":${20 + (i % 90)}}\n`;
        // oxlint-disable-next-line no-await-in-loop
        if (!file.write(line)) await once(file, "drain");
        if (i !== 1000) continue;
        for (let part = 0; part < 60; part++) {
          // oxlint-disable-next-line no-await-in-loop
          if (!file.write(Buffer.alloc(1_000_000, "x"))) await once(file, "drain");
        }
        file.write("\n");
      }
      file.end();
      await once(file, "close");
      const ran = await runCommand(["replay", path, "--on", "RTX 4090", "--json"], {
        env: { HOME: folder, QWQ_FIT_STATE_DIR: folder, NODE_OPTIONS: "--max-old-space-size=64" },
      });
      expect(ran.err).not.toMatch(/heap|FATAL/iu);
      expect(ran.code).toBe(0);
      const report = JSON.parse(ran.out) as {
        trace: {
          requests: number;
          faults: { total: number; first: { line: number; kind: string }[] };
        };
      };
      expect(report.trace.requests).toBe(REQUESTS);
      expect(report.trace.faults.first).toMatchObject([{ line: 1002, kind: "line_too_long" }]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
  120_000,
);
