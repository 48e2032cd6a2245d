import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { TEMPLATES, templateText } from "./synthesize.ts";

const folder = join(import.meta.dirname, "..", "templates");
const names = Object.keys(TEMPLATES);

/** CloudFormation's limit for a template that is sent in the request (CreateChangeSet, TemplateBody). */
const MOST_BYTES = 51_200;

const hasLint = ((): boolean => {
  try {
    execFileSync("cfn-lint", ["--version"], { stdio: "ignore" });
    return true;
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

  test.skipIf(!hasLint)(
    "passes cfn-lint (skipped where it is not installed)",
    { timeout: 120_000 },
    () => {
      // W3037: its table of actions is behind, it does not know sagemaker:CallWithBearerToken
      const args = ["--regions", "us-east-1", "--ignore-checks", "W3037", "--format", "json", path];
      let findings: string;
      try {
        findings = execFileSync("cfn-lint", args, {
          encoding: "utf8",
          stdio: ["ignore", "pipe", "pipe"],
        });
      } catch (error) {
        findings = String((error as { stdout?: unknown }).stdout);
      }
      expect(findings.trim() === "" ? [] : JSON.parse(findings)).toEqual([]);
    },
  );
});
