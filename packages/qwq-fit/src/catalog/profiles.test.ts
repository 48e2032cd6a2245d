import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { hardwareEntry, hardwareProfile, jsonSchemaOf, modelEntry } from "@qwq-fit/schema/validate";
import { describe, expect, test } from "vitest";
import { compileCatalog } from "./compile-catalog.ts";

const PROFILES = join(import.meta.dirname, "..", "..", "..", "..", "profiles");
const catalog = compileCatalog(PROFILES);

/** Every object with a value and a source, with the path to it. */
function figures(value: unknown, path: string): { path: string; source: string; sure: boolean }[] {
  if (typeof value !== "object" || value === null) return [];
  const inside = Object.entries(value).flatMap(([key, item]) => figures(item, `${path}.${key}`));
  if (!("value" in value && "source" in value)) return inside;
  const sure = !("unverified" in value && value.unverified === true);
  return [...inside, { path, source: String(value.source), sure }];
}

describe("profiles/", () => {
  test("holds machines, devices, models and prices", () => {
    expect(catalog.models.length).toBeGreaterThan(30);
    expect(catalog.hardware.length).toBeGreaterThan(140);
    expect(catalog.tokenPrices.length).toBeGreaterThan(100);
  });

  test("every figure has a source; one from memory is marked", () => {
    const all = figures(catalog, "catalog");
    expect(all.length).toBeGreaterThan(500);
    const wrong = all.filter(({ source, sure }) => {
      const remembered = /^(?:from )?memory\b/iu.test(source);
      return source.length < 4 || (remembered && sure);
    });
    expect(wrong).toEqual([]);
  });

  test("every device inside a machine is there", () => {
    const ids = new Set(catalog.hardware.map(({ id }) => id));
    const missing = catalog.hardware.flatMap(({ id, devices }) =>
      devices.filter((device) => !ids.has(device.id)).map((device) => `${id}: ${device.id}`),
    );
    expect(missing).toEqual([]);
  });

  test("a model's file is named after it", () => {
    const files = readdirSync(join(PROFILES, "models"), { recursive: true, encoding: "utf8" })
      .filter((name) => name.endsWith(".json"))
      .map((name) => name.replaceAll("\\", "/").replace(/\.json$/u, ""));
    expect(files.toSorted()).toEqual(catalog.models.map(({ id }) => id).toSorted());
  });

  // `npm test -- packages/qwq-fit -u` writes them anew
  test.for([
    ["model", modelEntry],
    ["hardware", hardwareEntry],
    ["machine", hardwareProfile],
  ] as const)("the JSON Schema for editors is that of the validator: %s", async ([name, it]) => {
    const schema = JSON.stringify(jsonSchemaOf(it, name), null, 2);
    await expect(`${schema}\n`).toMatchFileSnapshot(
      join(PROFILES, "schemas", `${name}.schema.json`),
    );
  });

  test("editors are told which schema is whose", () => {
    const settings = readFileSync(join(PROFILES, "..", ".vscode", "settings.json"), "utf8");
    const { "json.schemas": maps } = JSON.parse(settings) as {
      "json.schemas": { fileMatch: string[]; url: string }[];
    };
    for (const { url } of maps)
      expect(readFileSync(join(PROFILES, "..", url), "utf8")).toBeTruthy();
    expect(maps.flatMap(({ fileMatch }) => fileMatch)).toEqual(
      expect.arrayContaining(["/profiles/models/**/*.json", "/profiles/hardware/**/*.json"]),
    );
  });
});
