import { readdirSync } from "node:fs";
import { homedir } from "node:os";
import { describe, expect, test } from "vitest";
import { read, root, sourceFiles, trackedFiles } from "../support/repository.ts";

/** The rule, and the files that may break it, each with its reason. */
const MOST_LINES = 250;
const LONGER: Readonly<Record<string, string>> = {};

const FOLDERS = ["infra", "packages", "profiles", "test", "workers"];
const FILES =
  /^(?:[A-Z]+\.md|LICENSE|package\.json|pnpm-(?:lock|workspace)\.yaml|tsconfig\.json|knip\.json|[\w.]+\.config\.ts)$/u;

test("the top level holds these folders, and files of the tools", () => {
  const visible = readdirSync(root, { withFileTypes: true }).filter(
    ({ name }) => !name.startsWith(".") && name !== "node_modules" && name !== "coverage",
  );
  expect(visible.filter((entry) => entry.isDirectory()).map(({ name }) => name)).toEqual(FOLDERS);
  const files = visible.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
  expect(files.filter((name) => !FILES.test(name))).toEqual([]);
});

const sources = ["packages", "workers", "infra", "test", ".toolchain"]
  .flatMap(sourceFiles)
  .filter((path) => !path.includes("/cache/") && !path.endsWith("worker-configuration.d.ts"));

describe("a source file", () => {
  test(`has at most ${MOST_LINES} lines`, () => {
    const long = sources
      .map((path) => ({ path, lines: read(path).split("\n").length - 1 }))
      .filter(({ path, lines }) => lines > MOST_LINES && LONGER[path] === undefined)
      .map(({ path, lines }) => `${path}: ${lines}`);
    expect(long).toEqual([]);
  });

  test("is exempt only while it needs to be", () => {
    const idle = Object.keys(LONGER).filter(
      (path) => !sources.includes(path) || read(path).split("\n").length - 1 <= MOST_LINES,
    );
    expect(idle).toEqual([]);
  });

  test("is named for its concept, in kebab case", () => {
    const odd = sources.filter((path) => {
      const name = path.split("/").at(-1) ?? "";
      return (
        !/^[a-z0-9]+(?:[-.][a-z0-9]+)*$/u.test(name) || /^(?:utils?|helpers?|misc)\./u.test(name)
      );
    });
    expect(odd).toEqual([]);
  });

  test("exports names, never everything", () => {
    const stars = sources.filter((path) => /^export \*/mu.test(read(path)));
    expect(stars).toEqual([]);
  });
});

test("no tracked file names a path or a host of the machine it was written on", () => {
  const home = homedir();
  const places = [root, ...(home.length > 5 ? [home] : []), ["", "work", "shared"].join("/")];
  const wrong = trackedFiles()
    .filter((path) => !/\.(?:png|gguf|tgz|ico)$/u.test(path))
    .flatMap((path) => {
      const text = read(path);
      return places.filter((place) => text.includes(place)).map((place) => `${path}: ${place}`);
    });
  expect(wrong).toEqual([]);
});
