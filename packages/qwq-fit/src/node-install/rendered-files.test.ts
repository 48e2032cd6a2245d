import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { Ajv } from "ajv";
import { parse as parsePlist } from "plist";
import { beforeAll, describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { loadInfra } from "../deploy/load-infra.ts";
import { NASTY, renderExamples } from "./example-nodes.ts";
import type { ExampleNode } from "./example-nodes.ts";
import { NODE_TARGETS } from "./node-target.ts";
import type { NodeTarget } from "./node-target.ts";
import type { NodeFile } from "./rendered-node.ts";

let rendered: Awaited<ReturnType<typeof renderExamples>>;
let validCompose: (value: unknown) => boolean;
beforeAll(async () => {
  rendered = await renderExamples();
  const schema = JSON.parse(await loadInfra("nodes/schema/compose-spec.json")) as {
    $schema: string;
  };
  const ajv = new Ajv({ strict: false, allowUnionTypes: true, validateFormats: false });
  validCompose = ajv.compile({ ...schema, $schema: "http://json-schema.org/draft-07/schema#" });
}, 120_000);

const of = (target: NodeTarget): ExampleNode => {
  const found = rendered.get(target);
  if (found === undefined) throw new Error(target);
  return found;
};
const filesOf = (target: NodeTarget, ending: string): NodeFile[] =>
  of(target).node.files.filter(({ path }) => path.endsWith(ending));

/** systemd knows all settings of the units since this version (its NEWS), and can check units here at all. */
const SYSTEMD = 250;
const hasSystemd = ((): boolean => {
  const folder = mkdtempSync(join(tmpdir(), "qwq-fit-units-"));
  try {
    const told = execFileSync("systemd-analyze", ["--version"], { encoding: "utf8" });
    const path = join(folder, "plain.service");
    writeFileSync(path, `[Service]\nExecStart=${process.execPath}\n`);
    execFileSync("systemd-analyze", ["verify", "--man=no", path], { stdio: "ignore" });
    return Number(/systemd (\d+)/u.exec(told)?.[1] ?? 0) >= SYSTEMD;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
})();

describe.for(NODE_TARGETS)("%s", (target) => {
  test("is rendered for each machine of the plan, with nothing left open", () => {
    const { node, context } = of(target);
    const machines = new Set(node.files.map(({ host }) => host));
    expect(machines).toEqual(new Set(context.hosts.keys()));
    for (const { text } of node.files) expect(text.replaceAll("{{x}}", "")).not.toContain("{{");
    expect(node.baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/u);
  });
});

describe.for(["systemd", "ray", "sglang", "sophgo"] as const)("the units of %s", (target) => {
  test.skipIf(!hasSystemd)(
    "pass systemd-analyze verify (skipped where it cannot check, or is older than 250)",
    { timeout: 120_000 },
    () => {
      const hosts = new Set(filesOf(target, ".service").map(({ host }) => host));
      for (const host of hosts) {
        const folder = mkdtempSync(join(tmpdir(), "qwq-fit-units-"));
        try {
          const paths = filesOf(target, ".service")
            .filter((file) => file.host === host)
            .map(({ path, text }) => {
              const there = join(folder, basename(path));
              writeFileSync(there, text);
              return there;
            });
          const { status, stdout, stderr } = spawnSync(
            "systemd-analyze",
            ["verify", "--man=no", ...paths],
            {
              encoding: "utf8",
            },
          );
          // a key that it does not know is told, and is no failure; of our files nothing may be told
          const told = `${stdout}${stderr}`
            .split("\n")
            .filter((line) => line.includes(folder) || line.includes("qwq-fit"));
          expect({ status, told }).toEqual({ status: 0, told: [] });
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      }
    },
  );

  test("give the machine's devices, and nothing else", () => {
    for (const { text } of filesOf(target, ".service")) {
      for (const line of [
        "NoNewPrivileges=yes",
        "ProtectSystem=strict",
        "CapabilityBoundingSet=",
        "DynamicUser=yes",
      ]) {
        expect(text.split("\n")).toContain(line);
      }
    }
  });
});

describe.for(["launchd", "rpc"] as const)("the daemons of %s", (target) => {
  test("are property lists that start at boot, stay alive, and carry every word", () => {
    const { node, context } = of(target);
    for (const { text, host } of node.files) {
      const value = parsePlist(text) as {
        ProgramArguments: string[];
        EnvironmentVariables: Record<string, string>;
        KeepAlive: boolean;
        RunAtLoad: boolean;
      };
      expect(value).toMatchObject({ KeepAlive: true, RunAtLoad: true, UserName: "ann" });
      expect(value.ProgramArguments[0]).toBe(process.execPath);
      if (host !== 0) continue;
      expect(value.EnvironmentVariables["NASTY"]).toBe(NASTY);
      expect(value.ProgramArguments).toEqual(
        expect.arrayContaining(
          ["--context", "--ctx-size"].filter((word) =>
            context.plan.startCommand?.arguments.includes(word),
          ),
        ),
      );
    }
  });

  test("keep the Mac awake and bring it back after power loss", () => {
    const words = of(target).node.commands.filter(({ program }) => program === "pmset");
    expect(words.length).toBe(of(target).context.hosts.length);
    expect(words[0]?.arguments.join(" ")).toBe("-a sleep 0 disksleep 0 autorestart 1 womp 1");
  });
});

describe.for(["compose-nvidia", "compose-amd", "ascend", "cann", "musa", "biren"] as const)(
  "the compose file of %s",
  (target) => {
    test("is what the Compose Specification allows, and carries every word", () => {
      const { node, context } = of(target);
      const value: unknown = parseYaml(node.files[0]?.text ?? "");
      expect(validCompose(value)).toBe(true);
      const { model } = (
        value as {
          services: {
            model: { command: string[]; environment: Record<string, string>; ports: string[] };
          };
        }
      ).services;
      // compose fills in variables: `$$` is a dollar
      expect(model.environment["NASTY"]?.replaceAll("$$", () => "$")).toBe(NASTY);
      expect(model.environment["NASTY"]?.replaceAll("$$", "")).not.toContain("$");
      expect(model.ports[0]).toMatch(/^127\.0\.0\.1:/u);
      const told = context.plan.startCommand?.arguments ?? [];
      const lost = told.filter(
        (word) =>
          word !== context.plan.model && word !== "127.0.0.1" && !model.command.includes(word),
      );
      expect(lost).toEqual([]);
    });

    test("says that its image could not be looked up", () => {
      const { node } = of(target);
      expect(node.files[0]?.text).toContain("could not be looked up");
      expect(node.status).not.toBe("run");
    });
  },
);

test("the schema refuses what is no compose file", () => {
  expect(validCompose({ services: { model: { imagine: "x" } } })).toBe(false);
  expect(validCompose({ services: { model: { image: "x", ports: [{ published: {} }] } } })).toBe(
    false,
  );
});
