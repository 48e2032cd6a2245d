import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { folders, read, sourceFiles } from "../support/repository.ts";
import { ARROWS, NEUTRAL, PURE, specifiersOf } from "./arrows.ts";

const units = [
  ...folders("packages").map((name) => `packages/${name}`),
  ...folders("workers").map((name) => `workers/${name}`),
  "infra",
];

const filesOf = (unit: string): string[] =>
  sourceFiles(unit).filter((path) => !path.includes("/bin/"));

test("the reader of imports sees every kind of import", () => {
  const source = `
    import a from "a"; import type { B } from 'b'; export { c } from "c"; export type * from "d";
    const e = await import("e"); type F = import("f").F; import "g"; const h = require("h");
    import { i,
      j } from "k";`;
  expect(specifiersOf(source)).toEqual(["a", "b", "c", "d", "e", "f", "g", "h", "k"]);
});

test("every package, worker and infra folder has its arrows", () => {
  expect(units.filter((unit) => ARROWS[unit] === undefined)).toEqual([]);
});

describe.for(units)("%s", (unit) => {
  const allowed = (ARROWS[unit] ?? []).map((name) => `@qwq-fit/${name}`);
  const own = `@qwq-fit/${unit.split("/").at(-1) ?? ""}`;

  test("imports only what its arrows allow", () => {
    const wrong = filesOf(unit).flatMap((path) =>
      specifiersOf(read(path))
        .filter((name) => name === "qwq-fit" || name.startsWith("@qwq-fit/"))
        .filter((name) => {
          const [scope = "", folder = ""] = name.split("/");
          const target = `${scope}/${folder}`;
          // The umbrella's examples import it as its users do.
          const itself = unit === "packages/qwq-fit" && name === "qwq-fit";
          return target !== own && !itself && !allowed.includes(target);
        })
        .map((name) => `${path} imports ${name}`),
    );
    expect(wrong).toEqual([]);
  });

  test("reaches into no other folder", () => {
    const wrong = filesOf(unit).flatMap((path) =>
      specifiersOf(read(path))
        .filter((name) => name.startsWith("."))
        .map((name) => posix.join(posix.dirname(path), name))
        .filter((target) => !target.startsWith(`${unit}/`))
        .map((target) => `${path} reaches ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  // a file that the user has, found at run time, is none of ours
  test("names its imports in plain text", () => {
    const hidden = filesOf(unit)
      .filter((path) => !path.endsWith(".test.ts"))
      .filter((path) => /\bimport\((?!\s*["']|pathToFileURL\()/u.test(read(path)));
    expect(hidden).toEqual([]);
  });
});

describe.for(NEUTRAL.filter((unit) => units.includes(unit)))("%s runs anywhere", (unit) => {
  test("imports nothing of Node outside src/node", () => {
    const wrong = filesOf(unit)
      .filter(
        (path) => !/\.test\.ts$|\/src\/(?:node|testing|test-support)\/|config\.ts$/u.test(path),
      )
      .flatMap((path) =>
        specifiersOf(read(path))
          .filter((name) => name.startsWith("node:") || /(?:^|\/)node\//u.test(name))
          .map((name) => `${path} imports ${name}`),
      );
    expect(wrong).toEqual([]);
  });
});

describe.for(PURE.filter((unit) => units.includes(unit)))("%s is pure", (unit) => {
  test("reads no clock, no randomness, no network, no process", () => {
    const impure =
      /\b(?:Date\.now|new Date\(\)|performance\.now|Math\.random|crypto\.|fetch\(|setTimeout|process\.|globalThis)/u;
    const wrong = filesOf(unit)
      .filter((path) => !path.endsWith(".test.ts"))
      .flatMap((path) =>
        read(path)
          .split("\n")
          .filter((line) => !/^\s*(?:\/?\*|\/\/)/u.test(line) && impure.test(line))
          .map((line) => `${path}: ${line.trim()}`),
      );
    expect(wrong).toEqual([]);
  });
});
