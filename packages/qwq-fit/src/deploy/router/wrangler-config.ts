import { QwqError } from "@qwq-fit/schema";

type Json = Readonly<Record<string, unknown>>;

/** Environments of the router; each is a Worker of its own, with secrets of its own. */
export const ENVIRONMENTS = ["staging", "production"] as const;
/** See {@link ENVIRONMENTS}. */
export type RouterEnvironment = (typeof ENVIRONMENTS)[number];

/** What a person may say of the Worker. */
export interface RouterWish {
  readonly name: string;
  readonly environment: RouterEnvironment;
  /** The router's configuration, as JSON. */
  readonly routerConfig: Json;
  /** Names of its secrets. */
  readonly secrets: readonly string[];
  /** "smart", "off", or a cloud's region: "aws:us-east-1". */
  readonly placement: string | null;
  /** Routes, such as "api.example.com/*" or "api.example.com" as a domain of its own. */
  readonly routes: readonly string[];
  readonly accountId: string | null;
  /** Whether a node goes by the binding to Workers AI. */
  readonly workersAi: boolean;
}

const isObject = (value: unknown): value is Json =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function placementOf(told: string | null, usual: unknown): unknown {
  if (told === null) return usual;
  if (told === "smart" || told === "off") return { mode: told };
  if (/^(?:aws|gcp|azure):[a-z0-9-]+$/u.test(told)) return { region: told };
  throw new QwqError("invalid_value", `placement cannot be "${told}"`, {
    hint: "It is smart, off, or a region such as aws:us-east-1.",
  });
}

/** A pattern stays one; a name alone becomes a domain of the Worker's own. */
function routeOf(route: string): unknown {
  return route.includes("/") || route.includes("*")
    ? route
    : { pattern: route, custom_domain: true };
}

/**
 * wrangler's configuration for one environment: bindings, migrations and compatibility are those of the Worker's own
 * file, the rest is the environment's. Bindings, variables and secrets are not inherited by environments
 * (developers.cloudflare.com, wrangler, environments), so they stand in the environment.
 *
 * @param base - workers/router/wrangler.jsonc.
 * @param environments - infra/cloudflare/environments.json.
 * @throws {QwqError} `invalid_value`.
 */
export function wranglerConfig(base: Json, environments: Json, wish: RouterWish): Json {
  const usual = environments[wish.environment];
  if (!isObject(usual)) throw new QwqError("internal", `no environment ${wish.environment}`);
  const { nameSuffix, placement, ...settings } = usual;
  const { $schema: _, main: __, vars: ___, name: ____, observability: _____, ...kept } = base;
  const bindings = { durable_objects: base["durable_objects"], migrations: base["migrations"] };
  return {
    ...kept,
    name: wish.name,
    main: "index.js",
    // what was built and tested is what is sent
    no_bundle: true,
    ...(wish.accountId === null ? {} : { account_id: wish.accountId }),
    env: {
      [wish.environment]: {
        ...settings,
        name: `${wish.name}${typeof nameSuffix === "string" ? nameSuffix : ""}`,
        ...bindings,
        placement: placementOf(wish.placement, placement),
        ...(wish.routes.length === 0 ? {} : { routes: wish.routes.map(routeOf) }),
        ...(wish.workersAi ? { ai: { binding: "AI" } } : {}),
        vars: { ROUTER_CONFIG: JSON.stringify(wish.routerConfig) },
        secrets: { required: [...wish.secrets] },
      },
    },
  };
}

const SECRET_NAME = /^[A-Z][A-Z0-9_]*$/u;

/** Names of secrets in a configuration: what stands behind a key that ends in "secret". */
export function secretNames(value: unknown): string[] {
  const found = new Set<string>();
  const visit = (one: unknown): void => {
    if (typeof one !== "object" || one === null) return;
    for (const [key, inner] of Object.entries(one)) {
      if (/secret$/iu.test(key) && typeof inner === "string" && SECRET_NAME.test(inner))
        found.add(inner);
      else visit(inner);
    }
  };
  visit(value);
  return [...found].toSorted();
}
