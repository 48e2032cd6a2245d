import type { PrivacyClass } from "@qwq-fit/schema";
import type { FieldReader } from "../config/read.ts";
import type { CallerLimits } from "../ports.ts";

/** Algorithms of signatures that an issuer may be pinned to; none with a shared secret, and no "none". */
export const ALGORITHMS = ["RS256", "ES256", "EdDSA"] as const;
export type Algorithm = (typeof ALGORITHMS)[number];

/** Somebody whose word is taken for who a person, or which app, asks. */
export interface IdentityConfig {
  readonly name: string;
  /** `app-check`: Firebase says that a true app asks, and not who; the device's own id tells installs apart. */
  readonly kind: "oidc" | "app-check";
  readonly issuer: string;
  readonly jwksUrl: string;
  readonly audiences: readonly string[];
  readonly algorithms: readonly Algorithm[];
  /** App ids that are let in (`app-check`); null for any subject. */
  readonly subjects: readonly string[] | null;
  readonly limits: CallerLimits;
  readonly models: readonly string[] | null;
  readonly privacy: PrivacyClass;
}

/** How devices log in without a key in the app. */
export interface SessionsConfig {
  /** `iss` of our own tokens: this router's address. */
  readonly issuer: string;
  readonly audience: string;
  /** Name of the secret that all signing keys are made of. */
  readonly secret: string;
  readonly accessMs: number;
  /** A refresh token that is not used for so long ends its session. */
  readonly refreshMs: number;
  /** A session ends after this, whatever is done. */
  readonly longestMs: number;
  /** A refresh whose answer was lost may be repeated for so long. */
  readonly graceMs: number;
  /** How late a revocation may be noticed. */
  readonly revocationLagMs: number;
  /** Devices of one account that may log in within a day. */
  readonly devicesPerAccount: number;
  readonly identities: readonly IdentityConfig[];
}

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const DAY_MS = 24 * 60 * MINUTE_MS;
const APP_CHECK = "https://firebaseappcheck.googleapis.com";

/** HTTPS, or plain HTTP to this machine. */
function isFetchable(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, username, password } = new URL(text);
  const here = hostname === "127.0.0.1" || hostname === "[::1]" || hostname === "localhost";
  return (protocol === "https:" || (here && protocol === "http:")) && username + password === "";
}

function readIdentity(
  reader: FieldReader,
  readLimits: (reader: FieldReader) => CallerLimits,
  limits: CallerLimits,
): IdentityConfig {
  const kind = reader.choice("kind", ["oidc", "app-check"], "oidc");
  const name = reader.text("name", kind);
  if (!/^[a-z0-9][a-z0-9-]{0,31}$/.test(name))
    reader.problem("name", "must be of a-z, 0-9 and dash, at most 32");
  const appCheck = kind === "app-check";
  const project = appCheck ? reader.text("projectNumber") : "";
  const issuer = appCheck ? `${APP_CHECK}/${project}` : reader.text("issuer");
  const jwksUrl = reader.text("jwksUrl", appCheck ? `${APP_CHECK}/v1/jwks` : null);
  if (!isFetchable(jwksUrl)) reader.problem("jwksUrl", "must be an https:// URL");
  const audiences = appCheck ? [`projects/${project}`] : reader.texts("audiences");
  if (audiences.length === 0) reader.problem("audiences", "must name this app's client ids");
  const apps = appCheck ? reader.texts("apps") : [];
  if (appCheck && apps.length === 0) reader.problem("apps", "must name the apps that may ask");
  const algorithms = reader.texts("algorithms").flatMap((text, i) => {
    const known = ALGORITHMS.find((one) => one === text);
    if (known === undefined)
      reader.problem(`algorithms[${i}]`, `must be one of ${ALGORITHMS.join(", ")}`);
    return known === undefined ? [] : [known];
  });
  return {
    name,
    kind,
    issuer,
    jwksUrl,
    audiences,
    algorithms: algorithms.length === 0 ? ["RS256"] : algorithms,
    subjects: appCheck ? apps : null,
    limits: reader.has("limits") ? readLimits(reader.object("limits")) : limits,
    models: reader.has("models") ? reader.texts("models") : null,
    privacy: reader.choice("privacy", ["device", "own-network", "region", "any"], "any"),
  };
}

/** Reads the section `sessions`; problems go where the reader keeps them. */
export function readSessions(
  reader: FieldReader,
  readLimits: (reader: FieldReader) => CallerLimits,
): SessionsConfig {
  const limits = readLimits(reader.object("limits"));
  const config: SessionsConfig = {
    issuer: reader.text("issuer"),
    audience: reader.text("audience", "qwq-fit-router"),
    secret: reader.text("secret", "QWQ_SESSION_SECRET"),
    accessMs: reader.number("accessMinutes", 10, 5, 15) * MINUTE_MS,
    refreshMs: reader.number("refreshDays", 30, 1, 365) * DAY_MS,
    longestMs: reader.number("longestDays", 365, 1, 3650) * DAY_MS,
    graceMs: reader.number("graceSeconds", 20, 0, 300) * SECOND_MS,
    revocationLagMs: reader.number("revocationLagSeconds", 5, 0, 300) * SECOND_MS,
    devicesPerAccount: reader.number("devicesPerAccount", 5, 1, 1000),
    identities: reader.list("identities", (one) => readIdentity(one, readLimits, limits)),
  };
  reader.finish();
  if (config.identities.length === 0) reader.problem("identities", "must name at least one");
  const names = config.identities.map((one) => one.name);
  for (const [i, name] of names.entries()) {
    if (names.indexOf(name) !== i)
      reader.problem(`identities[${i}].name`, `${name} is there twice`);
  }
  return config;
}
