import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { Miniflare } from "miniflare";
import type { ProbeServer } from "./probe-server.ts";
import type { Findings } from "./probe.ts";

const run = promisify(execFile);

/** The probe in a program (Node, Bun, Deno) that runs modules; `args` stand before the module's path. */
export async function probeInProgram(
  program: string,
  args: readonly string[],
  entry: string,
  url: string,
): Promise<Findings> {
  const main = join(dirname(entry), "main.mjs");
  const text = `import "./${basename(entry)}";\nconsole.log(JSON.stringify(await globalThis.probe(${JSON.stringify(url)})));\n`;
  writeFileSync(main, text);
  const { stdout } = await run(program, [...args, main], { timeout: 120_000 });
  return JSON.parse(stdout) as Findings;
}

/** The probe in workerd, by miniflare. */
export async function probeInWorkerd(entry: string, url: string): Promise<Findings> {
  const folder = dirname(entry);
  const worker = `import "./${basename(entry)}";
export default { fetch: async () => Response.json(await globalThis.probe(${JSON.stringify(url)})) };`;
  const files = readdirSync(folder).filter((name) => name !== "main.mjs");
  const modules = Object.fromEntries(
    files.map((name) => {
      const contents = readFileSync(join(folder, name), "utf8");
      return [name, { type: "esm" as const, contents }];
    }),
  );
  const miniflare = new Miniflare({
    cf: false,
    workers: [
      {
        config: {
          name: "probe",
          compatibilityDate: "2026-11-01",
          manifest: {
            mainModule: "worker.mjs",
            modulesRoot: folder,
            modules: { "worker.mjs": { type: "esm", contents: worker }, ...modules },
          },
        },
      },
    ],
  });
  try {
    const response = await miniflare.dispatchFetch("http://probe.test/");
    return (await response.json()) as Findings;
  } finally {
    await miniflare.dispose();
  }
}

/** The probe in a page of a headless browser, which reports to the server that it came from. */
export async function probeInChromium(
  program: string,
  entry: string,
  server: ProbeServer,
): Promise<Findings> {
  for (const name of readdirSync(dirname(entry))) {
    const text = readFileSync(join(dirname(entry), name), "utf8");
    server.files.set(`/${name}`, { type: "text/javascript", text });
  }
  const script = `import "/${basename(entry)}";
const findings = await globalThis.probe(location.origin);
await fetch("/report", { method: "POST", body: JSON.stringify(findings) });`;
  const page = `<!doctype html><script type="module">${script}</script>`;
  server.files.set("/", { type: "text/html", text: page });
  const profile = mkdtempSync(join(tmpdir(), "qwq-fit-chromium-"));
  const flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"];
  const abort = new AbortController();
  const running = run(program, [...flags, `--user-data-dir=${profile}`, `${server.url}/`], {
    signal: abort.signal,
    timeout: 120_000,
  });
  try {
    const ended = running.then(() => Promise.reject(new Error("the browser ended")));
    return JSON.parse(await Promise.race([server.reported, ended])) as Findings;
  } finally {
    abort.abort();
    await running.catch(() => undefined);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
}
