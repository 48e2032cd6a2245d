import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { installNode } from "../../packages/qwq-fit/src/node-install/install-node.ts";
import { NODE_TARGETS, TARGET_RULES } from "../../packages/qwq-fit/src/node-install/node-target.ts";
import { isBuilt, runCommand } from "../support/run-command.ts";
import type { Ran } from "../support/run-command.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "qwq-fit-node-"));
});
afterEach(() => rmSync(home, { recursive: true, force: true }));
const run = (...args: string[]): Promise<Ran> =>
  runCommand(["node", "install", ...args], { cwd: home, env: { HOME: home } });

interface Dry {
  readonly files: readonly {
    readonly host: number;
    readonly path: string;
    readonly text: string;
    readonly mode: number;
  }[];
  readonly hosts: readonly string[];
}

describe.skipIf(!isBuilt)("node install", { timeout: 120_000 }, () => {
  test.for(NODE_TARGETS)(
    "a dry run of %s shows every file and command, and does nothing",
    async (target) => {
      const args = ["--dry-run", "--target", target, "--hardware", TARGET_RULES[target].example];
      const [text, json] = await Promise.all([run(...args), run(...args, "--json")]);
      expect(text.err).toBe("");
      expect(text.code).toBe(0);
      const { files } = JSON.parse(json.out) as Dry;
      expect(files.length).toBeGreaterThan(0);
      for (const file of files) expect(text.out).toContain(file.text.trimEnd());
      expect(text.out).toContain("Nothing was done.");
      expect(text.out.includes("Status      UNVERIFIED")).toBe(
        ["sophgo", "biren"].includes(target) || json.out.includes('"status":"unverified"'),
      );
    },
  );

  test("nothing is written without the target's name", async () => {
    const args = ["--target", "ray", "--hardware", "4x DGX Spark", "--output", join(home, "out")];
    expect((await run(...args)).code).toBe(2);
    expect((await run(...args, "--confirm", "yes")).code).toBe(2);
    expect(existsSync(join(home, "out"))).toBe(false);
  });

  test("--output writes what the dry run showed, for every machine, and runs nothing", async () => {
    const args = [
      "--target",
      "ray",
      "--hardware",
      "4x DGX Spark",
      "--hosts",
      "10.0.0.1,10.0.0.2,10.0.0.3,10.0.0.4",
    ];
    const { files, hosts } = JSON.parse((await run(...args, "--dry-run", "--json")).out) as Dry;
    const done = await run(...args, "--output", join(home, "out"), "--confirm", "ray");
    expect(done.code).toBe(0);
    for (const { host, path, text, mode } of files) {
      const there = join(home, "out", hosts[host] ?? "", path);
      expect(readFileSync(there, "utf8")).toBe(text);
      expect(statSync(there).mode & 0o777).toBe(mode);
    }
  });

  test("says which machine would do where this one does not", async () => {
    const { code, err } = await run("--dry-run", "--target", "biren", "--hardware", "RTX 4090");
    expect(code).toBe(3);
    expect(err).toContain("Biren BR100");
  });
});

describe("installing", () => {
  const file = { host: 0, path: "/etc/a.service", text: "x\n", mode: 0o600 };
  const command = { host: 0, program: "systemctl", arguments: ["daemon-reload"], about: "" };
  const node = {
    files: [file, { ...file, host: 1, path: "/etc/b.service" }],
    commands: [command, { ...command, host: 1 }, { ...command, arguments: ["enable"] }],
    baseUrl: "http://127.0.0.1:8080/v1",
    status: "documented" as const,
    notes: [],
  };

  test("writes this machine's files first, then runs its commands in their order", async () => {
    const done: string[] = [];
    await installNode(node, 0, {
      place: ({ path }) => join(home, path),
      run: ({ arguments: words }) => {
        done.push(`${words.join(" ")} ${existsSync(join(home, "etc", "a.service"))}`);
        return Promise.resolve();
      },
      say: () => {},
    });
    expect(done).toEqual(["daemon-reload true", "enable true"]);
    expect(existsSync(join(home, "etc", "b.service"))).toBe(false);
  });

  test.skipIf(process.getuid?.() === 0 || process.platform === "win32")(
    "tells who may write where it may not (skipped as root, who may everything)",
    async () => {
      mkdirSync(join(home, "etc"));
      writeFileSync(join(home, "etc", "other"), "");
      chmodSync(join(home, "etc"), 0o500);
      const tools = {
        place: ({ path }: { path: string }) => join(home, path),
        run: () => Promise.resolve(),
        say: () => {},
      };
      await expect(installNode(node, 0, tools)).rejects.toMatchObject({ code: "forbidden" });
      chmodSync(join(home, "etc"), 0o700);
    },
  );
});
