import { parse as parsePlist } from "plist";
import { beforeAll, describe, expect, test } from "vitest";
import { renderExamples } from "./example-nodes.ts";
import type { ExampleNode } from "./example-nodes.ts";
import type { NodeTarget } from "./node-target.ts";

let rendered: Awaited<ReturnType<typeof renderExamples>>;
beforeAll(async () => {
  rendered = await renderExamples();
}, 120_000);
const of = (target: NodeTarget): ExampleNode => {
  const found = rendered.get(target);
  if (found === undefined) throw new Error(target);
  return found;
};

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
