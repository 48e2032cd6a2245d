#!/usr/bin/env node
// Publishes the built catalogue apart from a release (for maintainers, who hold the key):
//   node .toolchain/sign-catalog.mjs PRIVATE_KEY.pem OUT.json     writes OUT.json and OUT.json.sig
import { createPrivateKey, sign } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { brotliDecompressSync } from "node:zlib";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const [key, out] = process.argv.slice(2);
if (key === undefined || out === undefined) {
  console.error("usage: node .toolchain/sign-catalog.mjs PRIVATE_KEY.pem OUT.json");
  process.exit(2);
}
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const packed = readFileSync(join(root, "packages", "qwq-fit", "dist", "catalog.json.br"));
const built = brotliDecompressSync(packed).toString("utf8");
const published = {
  schemaVersion: 1,
  createdAt: new Date().toISOString(),
  catalog: JSON.parse(built),
};
const bytes = Buffer.from(JSON.stringify(published));
const signature = sign(null, bytes, createPrivateKey(readFileSync(key)));
writeFileSync(out, bytes);
writeFileSync(`${out}.sig`, `${signature.toString("base64")}\n`);
