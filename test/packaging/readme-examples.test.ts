import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../support/repository.ts";
import { isBuilt } from "../support/run-command.ts";

const README = join(root, "packages", "qwq-fit", "README.md");

/** Code blocks of TypeScript in a text. */
function examples(text: string): string[] {
  return [...text.matchAll(/```ts\n(.*?)```/gsu)].map(([, code]) => code ?? "");
}

describe.skipIf(!isBuilt)("the examples of the package's readme", () => {
  test("are TypeScript that the published types take", () => {
    const codes = examples(readFileSync(README, "utf8"));
    expect(codes.length).toBeGreaterThan(0);
    // below the package, so that Node's types are found; the package is found by its own name
    const folder = mkdtempSync(join(root, "packages", "qwq-fit", ".examples-"));
    try {
      symlinkSync(join(root, "node_modules"), join(folder, "node_modules"));
      const files = codes.map((code, index) => {
        const file = join(folder, `example-${index}.mts`);
        writeFileSync(file, code);
        return file;
      });
      const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
      const flags =
        "--ignoreConfig --noEmit --strict --module nodenext --target es2024 --types node".split(
          " ",
        );
      const told = execFileSync(process.execPath, [tsc, ...flags, ...files], { encoding: "utf8" });
      expect(told).toBe("");
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
