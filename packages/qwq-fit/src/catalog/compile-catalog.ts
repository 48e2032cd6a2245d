import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { QwqError } from "@qwq-fit/schema";
import type { Catalog } from "@qwq-fit/schema";
import {
  catalog as catalogSchema,
  hardwareEntry,
  instancePrice,
  modelEntry,
  sourcedNumber,
  tokenPrice,
  validate,
} from "@qwq-fit/schema/validate";
import type { Validator } from "@qwq-fit/schema/validate";

function readJson<T>(validator: (value: unknown) => T, path: string): T {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    throw new QwqError("invalid_configuration", `${path} is not JSON`, { cause: error });
  }
  return validator(withoutSchemaLine(value));
}

/** An editor's `$schema` line is no part of the value. */
function withoutSchemaLine(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== "$schema"));
}

/** Every JSON file below a folder as one entry each; the file's name is the entry's id. */
function readFolder<T extends { readonly id: string }>(
  folder: string,
  validator: Validator<T>,
  idIsFileName: boolean,
): T[] {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
  const entries = names
    .filter((name) => name.endsWith(".json"))
    .toSorted()
    .map((name) => {
      const entry = readJson((value) => validate(validator, value, name), join(folder, name));
      if (idIsFileName && entry.id !== basename(name, ".json")) {
        throw new QwqError("invalid_configuration", `${name}: its id is ${entry.id}`);
      }
      return entry;
    });
  const ids = entries.map(({ id }) => id);
  const twice = ids.find((id, index) => ids.indexOf(id) !== index);
  if (twice !== undefined) {
    throw new QwqError("invalid_configuration", `${folder}: the id ${twice} stands twice`);
  }
  return entries;
}

function readRows<T>(path: string, row: Validator<T>): T[] {
  return readJson((value) => {
    if (!Array.isArray(value)) {
      throw new QwqError("invalid_configuration", `${path} is not a list`);
    }
    return value.map((item, index) => validate(row, item, `${basename(path)}[${index}]`));
  }, path);
}

/**
 * profiles/ as one value: models, hardware and prices, each file validated.
 *
 * @throws {QwqError} `invalid_configuration` naming the file and where in it.
 */
export function compileCatalog(profiles: string): Catalog {
  const prices = join(profiles, "prices");
  const catalog: Catalog = {
    schemaVersion: 1,
    models: readFolder(join(profiles, "models"), modelEntry, false),
    hardware: readFolder(join(profiles, "hardware"), hardwareEntry, true),
    tokenPrices: readRows(join(prices, "tokens.json"), tokenPrice),
    instancePrices: readRows(join(prices, "instances.json"), instancePrice),
    electricityUsdPerKwh: readJson(
      (value) => validate(sourcedNumber, value, "electricity.json"),
      join(prices, "electricity.json"),
    ),
  };
  return validate(catalogSchema, catalog, "catalog");
}
