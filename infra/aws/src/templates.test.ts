import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TEMPLATES, templateText } from "./synthesize.ts";

const folder = join(import.meta.dirname, "..", "templates");
const names = Object.keys(TEMPLATES);

/** CloudFormation's limit for a template that is sent in the request (CreateChangeSet, TemplateBody). */
const MOST_BYTES = 51_200;

/** The version that the templates were tried with; an older one does not know what they hold. */
const LINT = [1, 51] as const;
const hasLint = ((): boolean => {
  try {
    const told = execFileSync("cfn-lint", ["--version"], { encoding: "utf8" });
    const [, major = "0", minor = "0"] = /(\d+)\.(\d+)/u.exec(told) ?? [];
    return Number(major) > LINT[0] || (Number(major) === LINT[0] && Number(minor) >= LINT[1]);
  } catch {
    return false;
  }
})();

test("the folder holds every template and nothing else", () => {
  expect(readdirSync(folder).toSorted()).toEqual(names.map((name) => `${name}.json`).toSorted());
});

describe.for(names)("%s", (name) => {
  const path = join(folder, `${name}.json`);

  test("is in step with its source", { timeout: 120_000 }, () => {
    expect(readFileSync(path, "utf8"), "run: pnpm --filter @qwq-fit/infra-aws run templates").toBe(
      templateText(name),
    );
  });

  test("is small enough to be sent as it stands", () => {
    const text = JSON.stringify(JSON.parse(readFileSync(path, "utf8")));
    expect(Buffer.byteLength(text)).toBeLessThan(MOST_BYTES);
  });
});

test.skipIf(!hasLint)(
  "all pass cfn-lint (skipped where none of 1.51 or later is installed)",
  { timeout: 120_000 },
  () => {
    const paths = names.map((name) => join(folder, `${name}.json`));
    // W3037: its table of actions is behind, it does not know sagemaker:CallWithBearerToken
    const rules = ["--regions", "us-east-1", "--ignore-checks", "W3037", "--format", "json"];
    const { stdout } = spawnSync("cfn-lint", [...rules, "--", ...paths], { encoding: "utf8" });
    expect(stdout.trim() === "" ? [] : JSON.parse(stdout)).toEqual([]);
  },
);
