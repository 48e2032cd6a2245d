import { execFileSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";

const root = join(import.meta.dirname, "..", "..");

/** Puts what `deploy` and `node install` need of infra/ beside the bundle, as text. */
export function buildInfra(outDir: string): void {
  const to = (...path: string[]): string => {
    mkdirSync(join(outDir, "infra", ...path.slice(0, -1)), { recursive: true });
    return join(outDir, "infra", ...path);
  };
  const templates = join(root, "infra", "aws", "templates");
  for (const name of readdirSync(templates)) {
    const text = readFileSync(join(templates, name), "utf8");
    writeFileSync(to("aws", "templates", name), JSON.stringify(JSON.parse(text)));
  }
  copyFileSync(
    join(root, "infra", "cloudflare", "environments.json"),
    to("cloudflare", "environments.json"),
  );
  copyFileSync(
    join(root, "workers", "router", "wrangler.jsonc"),
    to("cloudflare", "wrangler.jsonc"),
  );
  const nodes = join(root, "infra", "nodes", "templates");
  for (const name of readdirSync(nodes)) {
    copyFileSync(join(nodes, name), to("nodes", "templates", name));
  }
  writeFileSync(to("cloudflare", "worker.js.br"), brotliCompressSync(buildWorker()));
}

/** The very bundle that wrangler would upload. */
function buildWorker(): Uint8Array {
  const worker = join(root, "workers", "router");
  const folder = mkdtempSync(join(tmpdir(), "qwq-fit-worker-"));
  try {
    const wrangler = join(worker, "node_modules", "wrangler", "bin", "wrangler.js");
    const args = ["deploy", "--dry-run", "--minify", "--outdir", folder];
    const env = { ...process.env, WRANGLER_SEND_METRICS: "false", CI: "1" };
    execFileSync(process.execPath, [wrangler, ...args], { cwd: worker, stdio: "pipe", env });
    return readFileSync(join(folder, "index.js"));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
