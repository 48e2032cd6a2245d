import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { planFit } from "@qwq-fit/planner";
import { DEFAULT_WORKLOAD } from "@qwq-fit/schema";
import { Ajv } from "ajv";
import { parse as parsePlist } from "plist";
import { beforeAll, describe, expect, test } from "vitest";
import { parse as parseYaml } from "yaml";
import { loadCatalog } from "../catalog/load-catalog.ts";
import { loadSpeedCoefficients } from "../catalog/load-speed-coefficients.ts";
import { loadInfra } from "../deploy/load-infra.ts";
import { readHardware } from "../hardware/read-hardware.ts";
import { readModel } from "../model/read-model.ts";
import { NODE_TARGETS, TARGET_RULES } from "./node-target.ts";
import type { NodeTarget } from "./node-target.ts";
import { renderNode } from "./render-node.ts";
import type { NodeFile, RenderContext, RenderedNode } from "./rendered-node.ts";

/** What must survive each file's quoting. */
const NASTY = `a "b" 'c' $HOME \${X} %h \\n <&> {{x}} #;`;

const rendered = new Map<NodeTarget, { node: RenderedNode; context: RenderContext }>();
let validCompose: (value: unknown) => boolean;
beforeAll(async () => {
  const catalog = await loadCatalog({});
  const model = await readModel("Qwen/QwQ-32B", { catalog, environment: {} });
  const coefficients = await loadSpeedCoefficients();
  for (const target of NODE_TARGETS) {
    const { engines, example, severalHosts } = TARGET_RULES[target];
    const hardware = await readHardware(example, catalog);
    const options = { engines, coefficients, onlyAskedContext: true };
    const { plans } = planFit(model, hardware, DEFAULT_WORKLOAD, options);
    const plan = plans.find(({ hosts }) => hosts.length > 1 === severalHosts);
    if (plan === undefined || plan.startCommand === null) throw new Error(`${target}: no plan`);
    const startCommand = { ...plan.startCommand, environment: { NASTY } };
    const context: RenderContext = {
      plan: { ...plan, startCommand },
      repository: "Qwen/QwQ-32B-AWQ",
      template: (name) => loadInfra(`nodes/templates/${name}`),
      // a program that is there: the checkers look for it
      find: () => [process.execPath],
      hosts: plan.hosts.map((_, index) => `10.0.0.${index + 1}`),
      user: "ann",
      home: "/Users/ann",
    };
    rendered.set(target, { node: await renderNode(target, context), context });
  }
  const schema = JSON.parse(await loadInfra("nodes/schema/compose-spec.json")) as {
    $schema: string;
  };
  const ajv = new Ajv({ strict: false, allowUnionTypes: true, validateFormats: false });
  validCompose = ajv.compile({ ...schema, $schema: "http://json-schema.org/draft-07/schema#" });
}, 120_000);

const of = (target: NodeTarget): { node: RenderedNode; context: RenderContext } => {
  const found = rendered.get(target);
  if (found === undefined) throw new Error(target);
  return found;
};
const filesOf = (target: NodeTarget, ending: string): NodeFile[] =>
  of(target).node.files.filter(({ path }) => path.endsWith(ending));

const hasSystemd = ((): boolean => {
  try {
    execFileSync("systemd-analyze", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
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
    "pass systemd-analyze verify (skipped where it is not installed)",
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

describe("several machines", () => {
  test("Ray: one head, the others join it; vLLM splits by the plan", () => {
    const { node, context } = of("ray");
    const text = (host: number, name: string): string =>
      node.files.find((file) => file.host === host && file.path.endsWith(`${name}.service`))
        ?.text ?? "";
    expect(text(0, "qwq-fit-ray")).toContain("--head --port=6379");
    for (let host = 1; host < context.hosts.length; host += 1) {
      expect(text(host, "qwq-fit-ray")).toContain("--address=10.0.0.1:6379");
      expect(text(host, "qwq-fit-ray")).toContain(`--node-ip-address=10.0.0.${host + 1}`);
      expect(text(host, "qwq-fit-node")).toBe("");
    }
    expect(text(0, "qwq-fit-node")).toContain(`--pipeline-parallel-size ${context.hosts.length}`);
    expect(text(0, "qwq-fit-node")).toContain("serve Qwen/QwQ-32B-AWQ");
    expect(text(0, "qwq-fit-node")).toContain("JoinsNamespaceOf=qwq-fit-ray.service");
  });

  test("SGLang: the same command with each machine's rank", () => {
    const { node, context } = of("sglang");
    for (const { host, text } of node.files) {
      expect(text).toContain(`--node-rank ${host} `);
      expect(text).toContain(`--nnodes ${context.hosts.length} `);
      expect(text).toContain("--dist-init-addr 10.0.0.1:5000");
    }
  });

  test("llama.cpp: every other Mac serves its devices to the first", () => {
    const { node, context } = of("rpc");
    const words = (host: number): string[] =>
      (
        parsePlist(node.files.find((file) => file.host === host)?.text ?? "") as {
          ProgramArguments: string[];
        }
      ).ProgramArguments;
    const others = context.hosts.slice(1);
    const first = words(0);
    expect(first[first.indexOf("--rpc") + 1]).toBe(
      others.map((address) => `${address}:50052`).join(","),
    );
    expect(first[first.indexOf("--tensor-split") + 1]?.split(",").length).toBe(
      context.hosts.length,
    );
    for (const [index, address] of others.entries()) {
      expect(words(index + 1).slice(1)).toEqual(["--host", address, "--port", "50052", "-c"]);
    }
  });
});
