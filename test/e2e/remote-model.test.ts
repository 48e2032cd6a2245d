import { createReadStream, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeSparseGguf } from "@qwq-fit/models/node";
import type { CheckReport, ModelEntry } from "@qwq-fit/schema";
import { checkReport, validate } from "@qwq-fit/schema/validate";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { read } from "../support/repository.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";

const ENTRY = JSON.parse(read("profiles/models/Qwen/Qwen3-8B.json")) as ModelEntry;

describe.skipIf(!isBuilt)("qwq-fit check of a file behind an address", () => {
  let folder = "";
  let server: Server;
  let address = "";
  let served = 0;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "qwq-fit-remote-"));
    const file = join(folder, "model.gguf");
    const { bytes } = await writeSparseGguf(file, ENTRY, { quantization: "Q4_K_M" });
    server = createServer((request, response) => {
      const [, from = "0", to = ""] =
        /^bytes=(\d+)-(\d*)$/u.exec(request.headers.range ?? "") ?? [];
      const start = Number(from);
      const end = Math.min(to === "" ? bytes - 1 : Number(to), bytes - 1);
      served += request.method === "HEAD" ? 0 : end - start + 1;
      response.writeHead(206, {
        "content-length": end - start + 1,
        "content-range": `bytes ${start}-${end}/${bytes}`,
        "accept-ranges": "bytes",
      });
      if (request.method === "HEAD") response.end();
      else createReadStream(file, { start, end }).pipe(response);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/model.gguf`;
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  const look = async (env: Readonly<Record<string, string>> = {}): Promise<CheckReport> => {
    const ran = await runCommand(["--model", address, "--hardware", "RTX 4090", "--json"], {
      env: { HOME: folder, XDG_CACHE_HOME: join(folder, "cache"), ...env },
    });
    return validate(checkReport, JSON.parse(ran.out), "check --json");
  };

  test("reads some MiB of the header, not the file; a second look needs no network", async () => {
    const first = await look();
    expect(first.fits).toBe(true);
    expect(first.model.architecture).toBe("qwen3");
    expect(served).toBeLessThan(40 * 1024 * 1024);
    const before = served;
    const second = await look({ HF_HUB_OFFLINE: "1" });
    expect(second.choice?.quantization).toBe(first.choice?.quantization);
    expect(served).toBe(before);
  });
});
