import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { processIo } from "../command-io.ts";
import { createProgram } from "../program.ts";
import { loadInfra } from "./load-infra.ts";

interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Job {
  readonly permissions?: Readonly<Record<string, string>>;
  readonly environment?: string;
  readonly steps: readonly Step[];
}
let text: string;
let jobs: Readonly<Record<string, Job>>;
let workflow: { readonly permissions: object; readonly jobs: typeof jobs };
beforeAll(async () => {
  text = await loadInfra("ci/deploy.yml");
  workflow = parse(text) as typeof workflow;
  ({ jobs } = workflow);
});
const runs = (): string[] =>
  Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));

describe("the workflow that deploys", () => {
  test("pins each action by its digest, with the version beside it", () => {
    const lines = text.split("\n").filter((line) => /^\s*- uses:/u.test(line));
    expect(lines.length).toBeGreaterThan(4);
    const loose = lines.filter(
      (line) => !/uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/u.test(line),
    );
    expect(loose).toEqual([]);
  });

  test("gives a token to the one job that signs in, behind an environment", () => {
    expect(workflow.permissions).toEqual({});
    const signing = Object.entries(jobs).filter(
      ([, job]) => job.permissions?.["id-token"] === "write",
    );
    expect(signing.map(([name]) => name)).toEqual(["sagemaker"]);
    expect(signing[0]?.[1].environment).toBe("production");
    expect(text).not.toMatch(/AWS_SECRET_ACCESS_KEY|AWS_ACCESS_KEY_ID/u);
  });

  test("lets no value be read as a script", () => {
    expect(runs().filter((run) => run.includes("${{"))).toEqual([]);
  });

  test("calls the command with options that it has", () => {
    const program = createProgram(processIo(), () => {});
    const wrong = runs().flatMap((run) => {
      const [, verb = "", what = "", rest = ""] = /"\$QWQ_FIT" (\w+) (\w+)(.*)$/u.exec(run) ?? [];
      const command = program.commands
        .find((one) => one.name() === verb)
        ?.commands.find((one) => one.name() === what);
      const known = command?.options.map(({ long }) => long) ?? [];
      return (rest.match(/--[a-z-]+/gu) ?? [])
        .filter((flag) => !known.includes(flag))
        .map((flag) => `${verb} ${what} ${flag}`);
    });
    expect(runs().length).toBe(4);
    expect(wrong).toEqual([]);
  });
});
