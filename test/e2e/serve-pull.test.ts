import { createHash } from "node:crypto";
import { createReadStream, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeScriptedGguf } from "@qwq-fit/models/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { startCommand } from "../support/long-command.ts";
import type { CommandEvent } from "../support/long-command.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";
import type { Ran, RunOptions } from "../support/run-command.ts";

const REFERENCE = "hf:org/scripted-GGUF:F32";
/** The file at Hugging Face, at ModelScope, and at an address of its own. */
const FILES = [
  "/org/scripted-GGUF/resolve/main/scripted-F32.gguf",
  "/models/org/scripted-GGUF/resolve/master/scripted-F32.gguf",
  "/mirror/scripted-F32.gguf",
];

describe.skipIf(!isBuilt)("a model of a hub", () => {
  let folder = "";
  let hub: Server;
  let served = 0;
  let size = 0;
  let options: RunOptions;
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "qwq-fit-pull-"));
    const file = join(folder, "scripted-F32.gguf");
    await writeScriptedGguf(file, { thinkWords: 5, words: 10 });
    const whole = readFileSync(file);
    size = whole.length;
    const oid = createHash("sha256").update(whole).digest("hex");
    const listing = [{ type: "file", path: "scripted-F32.gguf", size, lfs: { oid } }];
    hub = createServer((request, response) => {
      if (request.url?.startsWith("/api/models/org/scripted-GGUF/tree/main") === true) {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify(listing));
        return;
      }
      if (request.url?.startsWith("/api/v1/models/org/scripted-GGUF/repo/files?") === true) {
        const Files = [{ Type: "blob", Path: "scripted-F32.gguf", Size: size, Sha256: oid }];
        response.writeHead(200, { "content-type": "application/json" });
        response.end(JSON.stringify({ Code: 200, Success: true, Data: { Files } }));
        return;
      }
      if (!FILES.some((path) => request.url?.startsWith(path) === true)) {
        response.writeHead(404).end();
        return;
      }
      const [, from = "0", to = ""] =
        /^bytes=(\d+)-(\d*)$/u.exec(request.headers.range ?? "") ?? [];
      const start = Number(from);
      const end = Math.min(to === "" ? size - 1 : Number(to), size - 1);
      response.writeHead(206, {
        "content-length": end - start + 1,
        "content-range": `bytes ${start}-${end}/${size}`,
        etag: '"one"',
      });
      if (request.method === "HEAD") {
        response.end();
        return;
      }
      served += end - start + 1;
      createReadStream(file, { start, end }).pipe(response);
    });
    await new Promise<void>((resolve) => hub.listen(0, "127.0.0.1", resolve));
    const { port } = hub.address() as AddressInfo;
    const HF_ENDPOINT = `http://127.0.0.1:${port}`;
    const MODELSCOPE_ENDPOINT = HF_ENDPOINT;
    const XDG_CACHE_HOME = join(folder, "cache");
    options = { env: { HOME: folder, XDG_CACHE_HOME, HF_ENDPOINT, MODELSCOPE_ENDPOINT } };
  });
  afterAll(async () => {
    hub.closeAllConnections();
    await new Promise((resolve) => hub.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  const lines = ({ out }: Ran): CommandEvent[] =>
    out
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as CommandEvent);

  test("is asked for before it is fetched; pulled, listed, served without the hub, removed", async () => {
    const asked = await runCommand(["serve", REFERENCE, "--json"], options);
    expect(asked.code).toBe(2);
    expect(asked.out).toContain("--yes");

    const pulled = lines(await runCommand(["pull", REFERENCE, "--json"], options)).at(-1);
    expect(pulled).toMatchObject({ event: "pulled", bytes: size });
    const [path = ""] = (pulled ?? {})["paths"] as string[];
    expect(readFileSync(path).equals(readFileSync(join(folder, "scripted-F32.gguf")))).toBe(true);

    const [listed] = lines(await runCommand(["list", "--json"], options));
    const { models } = listed as unknown as { models: { id: string; reference: string }[] };
    expect(models).toMatchObject([{ reference: REFERENCE, quantization: "F32" }]);

    const before = served;
    const offline = { env: { ...options.env, HF_ENDPOINT: "http://127.0.0.1:9" } };
    const args = ["serve", REFERENCE, "--context", "512", "--threads", "1"];
    const command = startCommand([...args, "--state-dir", join(folder, "state")], offline);
    expect(await command.until("ready")).toMatchObject({ model: "org/scripted-GGUF" });
    command.kill("SIGTERM");
    expect(await command.ended).toBe(0);
    expect(served).toBe(before);

    const [here] = lines(await runCommand(["pull", REFERENCE, "--json"], options));
    expect(here).toMatchObject({ event: "here", path });
    const [removed] = lines(await runCommand(["rm", models[0]?.id ?? "", "--json"], options));
    expect(removed).toMatchObject({ removed: [{ freedBytes: size }] });
    expect(existsSync(path)).toBe(false);
  });

  test.for([
    ["ModelScope", "modelscope:org/scripted-GGUF:F32"],
    ["an address", "URL/mirror/scripted-F32.gguf"],
  ] as const)("is pulled from %s too, whole", async ([, named]) => {
    const { HF_ENDPOINT = "" } = options.env ?? {};
    const reference = named.replace("URL", HF_ENDPOINT);
    const pulled = lines(await runCommand(["pull", reference, "--json"], options)).at(-1);
    expect(pulled).toMatchObject({ event: "pulled", bytes: size });
    const [path = ""] = (pulled ?? {})["paths"] as string[];
    expect(readFileSync(path).equals(readFileSync(join(folder, "scripted-F32.gguf")))).toBe(true);
    const gone = await runCommand(["rm", String((pulled ?? {})["id"]), "--json"], options);
    expect(gone.code).toBe(0);
  });

  test("serve --yes brings it by itself", async () => {
    const args = ["serve", REFERENCE, "--yes", "--context", "512", "--threads", "1"];
    const command = startCommand([...args, "--state-dir", join(folder, "state")], options);
    await command.until("ready");
    expect(command.events.map(({ event }) => event)).toContain("pulled");
    command.kill("SIGTERM");
    expect(await command.ended).toBe(0);
  });
});
