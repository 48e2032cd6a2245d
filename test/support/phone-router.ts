import { createRouter, readConfig } from "@qwq-fit/router";
import { AUDIENCE, type IdentityIssuer } from "./identity-issuer.ts";
import { testPorts } from "./router-ports.ts";

const SECRET = "a secret for tests that is long enough";

/** What answers requests to `http://router.test`. */
export interface Router {
  readonly fetch: (request: Request) => Response | Promise<Response>;
}

/** A router that lets devices in, with two requests a minute each, and its clock. */
export function startLogin(
  issuer: IdentityIssuer,
  more: Readonly<Record<string, unknown>> = {},
): { router: Router; clock: { ms: number } } {
  const clock = { ms: Date.now() };
  const config = readConfig({
    nodes: [{ name: "node", url: "http://127.0.0.1:9/v1", models: [{ id: "m" }] }],
    pepperSecret: "PEPPER",
    sessions: {
      issuer: "https://edge.example",
      identities: [
        {
          name: "people",
          issuer: issuer.issuer,
          jwksUrl: issuer.jwksUrl,
          audiences: [AUDIENCE],
          algorithms: ["RS256"],
          limits: { requestsPerMinute: 2 },
        },
      ],
      ...more,
    },
  });
  const ports = testPorts({ PEPPER: "pepper", QWQ_SESSION_SECRET: SECRET });
  return { router: createRouter(config, { ...ports, now: () => clock.ms }), clock };
}

/** What was answered. */
export interface Told {
  readonly status: number;
  readonly access: string;
  readonly refresh: string;
  readonly message: string;
}

const text = (value: unknown, ...path: readonly string[]): string =>
  String(path.reduce<unknown>((inner, key) => Reflect.get(Object(inner), key), value));

/** Sends JSON. */
export async function post(router: Router, path: string, body: unknown, token = ""): Promise<Told> {
  const response = await router.fetch(
    new Request(`http://router.test${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
    }),
  );
  const value: unknown = await response.json();
  return {
    status: response.status,
    access: text(value, "access_token"),
    refresh: text(value, "refresh_token"),
    message: text(value, "error", "message"),
  };
}

/** Logs a device in. */
export const login = (router: Router, token: string, device = "phone-1"): Promise<Told> =>
  post(router, "/v1/auth/token", { grant_type: "identity_token", token, device });
/** A fresh pair for a refresh token. */
export const refresh = (router: Router, token: string): Promise<Told> =>
  post(router, "/v1/auth/token", { grant_type: "refresh_token", refresh_token: token });
/** The status of a request with an access token. */
export const models = async (router: Router, token: string): Promise<number> => {
  const headers = { authorization: `Bearer ${token}` };
  return (await router.fetch(new Request("http://router.test/v1/models", { headers }))).status;
};
