import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { folders, read, root } from "../support/repository.ts";

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string | { readonly default: string }>>;
}

/** Names that a module gives away; types are marked. Modules here export by lists alone. */
function exportedNames(source: string): string[] {
  const lists = [...source.matchAll(/export (type )?\{([^}]*)\}/gu)].flatMap(([, type, names]) =>
    (names ?? "")
      .split(",")
      .map((name) => name.trim().split(" as ").at(-1) ?? "")
      .filter((name) => name !== "")
      .map((name) => (type === undefined ? name : `type ${name}`)),
  );
  const declared = [
    ...source.matchAll(/^export (?:(?:async )?function|const|class|interface|type) (\w+)/gmu),
  ].map((match) => match[1] ?? "");
  return [...lists, ...declared].toSorted();
}

/** The source of an entry: what exports name, or what the build makes dist of. */
function sourceOf(folder: string, entry: string | { readonly default: string }): string {
  const file = typeof entry === "string" ? entry : entry.default;
  return `packages/${folder}/${file.replace("./", "").replace(/^dist\/(.*)\.mjs$/u, "src/$1.ts")}`;
}

const built = folders("packages").filter((folder) =>
  existsSync(join(root, "packages", folder, "src", "index.ts")),
);

describe.for(built)("packages/%s", (folder) => {
  test("exports these names", async () => {
    const manifest = JSON.parse(read(`packages/${folder}/package.json`)) as Manifest;
    const text = Object.entries(manifest.exports)
      .filter(([path]) => path !== "./package.json")
      .map(([path, entry]) => {
        const names = exportedNames(read(sourceOf(folder, entry)));
        return `${manifest.name}${path.slice(1)}\n${names.map((name) => `  ${name}\n`).join("")}`;
      })
      .join("\n");
    await expect(text).toMatchFileSnapshot(`./exports/${folder}.txt`);
  });
});
