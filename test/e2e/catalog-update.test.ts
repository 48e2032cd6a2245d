import { execFileSync } from "node:child_process";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { root } from "../support/repository.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";
import type { Ran } from "../support/run-command.ts";

interface Published {
  schemaVersion: number;
  createdAt: string;
  catalog: { models: { name: string }[] };
}

/** Signs a value as the maintainers' tool signs the built catalogue. */
function sign(
  folder: string,
  key: string,
  change: (value: Published) => Published,
): [Buffer, string] {
  const out = join(folder, "published.json");
  execFileSync(process.execPath, [join(root, ".toolchain", "sign-catalog.mjs"), key, out]);
  const value = change(JSON.parse(readFileSync(out, "utf8")) as Published);
  const bytes = Buffer.from(JSON.stringify(value));
  const program = `
    const { createPrivateKey, sign } = require("node:crypto");
    const { readFileSync } = require("node:fs");
    process.stdout.write(sign(null, readFileSync(0), createPrivateKey(readFileSync(${JSON.stringify(key)}))).toString("base64"));`;
  return [
    bytes,
    execFileSync(process.execPath, ["-e", program], { input: bytes, encoding: "utf8" }),
  ];
}

describe.skipIf(!isBuilt)("qwq-fit catalog update, from a server on loopback", () => {
  const files = new Map<string, string | Buffer>();
  let folder = "";
  let server: Server;
  let address = "";
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "qwq-fit-update-"));
    for (const name of ["ours", "other"]) {
      const { publicKey, privateKey } = generateKeyPairSync("ed25519");
      writeFileSync(
        join(folder, `${name}.pem`),
        privateKey.export({ type: "pkcs8", format: "pem" }),
      );
      writeFileSync(join(folder, `${name}.pub`), publicKey.export({ type: "spki", format: "pem" }));
    }
    server = createServer((request, response) => {
      const body = files.get(request.url ?? "");
      response.statusCode = body === undefined ? 404 : 200;
      response.end(body);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    files.clear();
    rmSync(join(folder, "cache"), { recursive: true, force: true });
  });
  afterAll(async () => {
    await new Promise((resolve) => server.close(resolve));
    rmSync(folder, { recursive: true, force: true });
  });

  const command = (...args: string[]): Promise<Ran> =>
    runCommand(args, { env: { HOME: folder, XDG_CACHE_HOME: join(folder, "cache") } });
  const update = (key = "ours.pub"): Promise<Ran> =>
    command("catalog", "update", `${address}/c.json`, "--key", join(folder, key), "--json");
  const publish = (change: (value: Published) => Published, key = "ours.pem"): void => {
    const [bytes, signature] = sign(folder, join(folder, key), change);
    files.set("/c.json", bytes);
    files.set("/c.json.sig", signature);
  };
  const codeOf = ({ out }: Ran): string =>
    (JSON.parse(out) as { error: { code: string } }).error.code;
  const renamed =
    (name: string) =>
    (value: Published): Published => {
      const [first, ...rest] = value.catalog.models;
      return { ...value, catalog: { ...value.catalog, models: [{ ...first, name }, ...rest] } };
    };

  test("a signed catalogue is used from then on, until it is reset", async () => {
    publish(renamed("A-Model-Of-Tomorrow"));
    const ran = await update();
    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.out)).toMatchObject({ from: `${address}/c.json` });
    expect((await command("models", "tomorrow")).out).toContain("A-Model-Of-Tomorrow");
    await command("catalog", "reset");
    expect((await command("models", "tomorrow")).out).not.toContain("A-Model-Of-Tomorrow");
  });

  test("one changed byte is refused, and nothing is kept", async () => {
    publish((value) => value);
    const bytes = Buffer.from(files.get("/c.json") ?? "");
    bytes[bytes.length - 20] = (bytes[bytes.length - 20] ?? 0) ^ 1;
    files.set("/c.json", bytes);
    expect(codeOf(await update())).toBe("hash_mismatch");
    expect(JSON.parse((await command("catalog", "--json")).out)).toMatchObject({ from: null });
  });

  test("another key is refused; so is any key but the package's own where none is named", async () => {
    publish((value) => value, "other.pem");
    expect(codeOf(await update())).toBe("hash_mismatch");
    publish((value) => value);
    const ran = await command("catalog", "update", `${address}/c.json`, "--json");
    expect(codeOf(ran)).toBe("hash_mismatch");
  });

  test("an older one is refused", async () => {
    publish((value) => value);
    expect((await update()).code).toBe(0);
    publish((value) => ({ ...value, createdAt: "2020-01-01T00:00:00Z" }));
    expect(codeOf(await update())).toBe("content_rejected");
  });

  test("a signed value that is no catalogue is refused", async () => {
    publish((value) => ({ ...value, catalog: { models: [] } }));
    expect(codeOf(await update())).toBe("invalid_configuration");
  });

  test("what is not there, and what is not safe to fetch, is told", async () => {
    expect(codeOf(await update())).toBe("upstream_error");
    const plain = await command("catalog", "update", "http://example.org/c.json", "--json");
    expect(codeOf(plain)).toBe("invalid_value");
    const file = await command("catalog", "update", "file:///etc/passwd", "--json");
    expect(codeOf(file)).toBe("invalid_value");
  });

  test("the cache shows what is kept, and clears it", async () => {
    publish((value) => value);
    await update();
    const shown = JSON.parse((await command("cache", "--json")).out) as {
      entries: { name: string }[];
    };
    expect(shown.entries.map(({ name }) => name)).toEqual(["catalog.json"]);
    await command("cache", "clear");
    expect(JSON.parse((await command("cache", "--json")).out)).toMatchObject({ entries: [] });
  });
});

test("the package's own keys are Ed25519 keys", () => {
  const source = readFileSync(
    join(root, "packages", "qwq-fit", "src", "catalog", "signing-keys.ts"),
    "utf8",
  );
  const keys = [...source.matchAll(/"([A-Za-z0-9+/=]{40,})"/gu)].map(([, key]) => key ?? "");
  expect(keys.length).toBeGreaterThan(0);
  for (const key of keys) {
    const der = Buffer.from(key, "base64");
    expect(createPublicKey({ key: der, format: "der", type: "spki" }).asymmetricKeyType).toBe(
      "ed25519",
    );
  }
});
