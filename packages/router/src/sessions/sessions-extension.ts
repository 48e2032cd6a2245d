import { stringField } from "@qwq-fit/wire";
import { base64Url } from "../answers/job.ts";
import { HttpRefusal } from "../api/http-error.ts";
import { readJsonObject } from "../api/read-body.ts";
import type { RouterExtension } from "../extension.ts";
import type { Caller } from "../guard/caller.ts";
import type { RouterPorts } from "../ports.ts";
import type { AccountOutcome, Family } from "./account.ts";
import { createIdentityCheck, JWT_FORM } from "./identity.ts";
import { LEAST_SECRET, type SessionKeys, sessionKeys, shortHash } from "./keys.ts";
import { createMemorySessions } from "./session-store.ts";
import type { SessionsConfig } from "./sessions-config.ts";
import { makeRefresh, readRefresh, type SessionRef, signAccess, verifyAccess } from "./tokens.ts";

const MOST_BODY_BYTES = 16 * 1024;
/** Sessions whose last look is remembered; the longest unseen is looked at again first. */
const MOST_LOOKS = 10_000;
const DEVICE = /^[\x21-\x7e]{1,128}$/;

type Body = Readonly<Record<string, unknown>>;

const bearerOf = (headers: Headers): string =>
  /^Bearer ([\x21-\x7e]{1,8192})$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";

const denied = (message: string): HttpRefusal => new HttpRefusal("unauthorized", message);

/**
 * Login for apps that hold no key: a token of a known identity becomes a short access token and a refresh token
 * that changes with each use. `POST /v1/auth/token`, `POST /v1/auth/revoke`.
 */
export function sessionsExtension(config: SessionsConfig, ports: RouterPorts): RouterExtension {
  const secret = ports.secret(config.secret) ?? "";
  if (secret.length < LEAST_SECRET) {
    const need = `the secret ${config.secret} must be set, with ${LEAST_SECRET} characters or more`;
    throw new HttpRefusal("internal", need);
  }
  const store = ports.sessions ?? createMemorySessions();
  const checkIdentity = createIdentityCheck(config.identities, ports);
  let known: SessionKeys | null = null;
  // Not a promise that requests share: a Worker may not await what another request has begun.
  const keysOf = async (): Promise<SessionKeys> => (known ??= await sessionKeys(secret));
  const looks = new Map<string, { readonly family: Family | null; readonly untilMs: number }>();

  /** The session, as it was at most the configured lag ago. */
  const look = async ({ account, family }: SessionRef, nowMs: number): Promise<Family | null> => {
    const key = `${account}.${family}`;
    const seen = looks.get(key);
    if (seen !== undefined && seen.untilMs > nowMs) return seen.family;
    const outcome = await store.command(account, { kind: "look", family }, nowMs);
    const found = outcome.kind === "session" ? outcome.family : null;
    looks.delete(key);
    looks.set(key, { family: found, untilMs: nowMs + config.revocationLagMs });
    const [oldest] = looks.keys();
    if (looks.size > MOST_LOOKS && oldest !== undefined) looks.delete(oldest);
    return found;
  };
  const callerOf = (account: string, family: Family): Caller | null => {
    const identity = config.identities.find((one) => one.name === family.identity);
    if (identity === undefined) return null;
    const { name, limits, models, privacy } = identity;
    const group = `device:${name}`;
    // Limits are the device's own; metrics are the identity's, or each device would be a line.
    return {
      name: `${group}:${account}.${family.device}`,
      group,
      scopes: ["inference"],
      models,
      limits,
      privacy,
    };
  };
  const answer = async (ref: SessionRef, family: Family): Promise<Response> => {
    const keys = await keysOf();
    const nowMs = ports.now();
    return Response.json(
      {
        access_token: await signAccess(keys, config, ref, nowMs),
        token_type: "Bearer",
        expires_in: Math.floor(config.accessMs / 1000),
        refresh_token: await makeRefresh(keys, { ...ref, generation: family.generation }),
        refresh_expires_in: Math.max(0, Math.floor((family.expiresMs - nowMs) / 1000)),
      },
      { headers: { "cache-control": "no-store" } },
    );
  };
  const log = (
    event: string,
    outcome: AccountOutcome["kind"] | "refused",
    identity: string | null,
  ) => ports.log({ event, outcome, identity });

  const login = async (body: Body): Promise<Response> => {
    const device = stringField(body, "device") ?? "";
    if (!DEVICE.test(device)) {
      const form = "must be 1 to 128 visible ASCII characters that this install keeps";
      throw new HttpRefusal("invalid_value", form, { param: "device" });
    }
    const token = stringField(body, "token") ?? "";
    const identity = await checkIdentity(stringField(body, "identity") ?? null, token);
    // What was signed, not the signature: that can be written in several ways which all are good.
    const signed = token.slice(0, token.lastIndexOf("."));
    const fresh =
      identity !== null &&
      (await store.once(await shortHash(signed), identity.expiresMs, ports.now()));
    if (identity === null || !fresh) {
      log("login", "refused", identity?.config.name ?? null);
      throw denied(
        identity === null ? "this identity token is not valid" : "this identity token was used",
      );
    }
    const { name, kind } = identity.config;
    // App Check says that the app is true, and not who holds it: there an install is an account of its own.
    const whose = `${name}\0${identity.subject}${kind === "app-check" ? `\0${device}` : ""}`;
    const account = await shortHash(whose);
    const family = base64Url(crypto.getRandomValues(new Uint8Array(16)));
    const outcome = await store.command(
      account,
      {
        kind: "login",
        family,
        device: await shortHash(`${account}\0${device}`),
        identity: name,
        refreshMs: config.refreshMs,
        mostDevices: config.devicesPerAccount,
      },
      ports.now(),
    );
    log("login", outcome.kind, name);
    if (outcome.kind === "session") return answer({ account, family }, outcome.family);
    const message = `${config.devicesPerAccount} devices have logged in to this account today`;
    throw new HttpRefusal("rate_limited", message);
  };
  const refresh = async (body: Body): Promise<Response> => {
    const ref = await readRefresh(await keysOf(), stringField(body, "refresh_token") ?? "");
    if (ref === null) throw denied("this refresh token is not valid");
    const { account, family, generation } = ref;
    const { graceMs, refreshMs, longestMs } = config;
    const outcome = await store.command(
      account,
      { kind: "refresh", family, generation, graceMs, refreshMs, longestMs },
      ports.now(),
    );
    if (outcome.kind !== "session") {
      looks.delete(`${account}.${family}`);
      log("refresh", outcome.kind, null);
      throw denied("this session has ended: log in again");
    }
    return answer({ account, family }, outcome.family);
  };

  return {
    name: "sessions",
    authenticate: async (headers, nowMs) => {
      const token = bearerOf(headers);
      if (!JWT_FORM.test(token)) return null;
      const ref = await verifyAccess(await keysOf(), config, token, nowMs);
      if (ref === null) return { ok: false, reason: "this access token is not valid" };
      const family = await look(ref, nowMs);
      const caller = family === null ? null : callerOf(ref.account, family);
      return caller === null
        ? { ok: false, reason: "this session has ended: log in again" }
        : { ok: true, caller };
    },
    routes: (app, context) => {
      app.post("/v1/auth/token", async (c) => {
        const body = await readJsonObject(c.req.raw, MOST_BODY_BYTES, c.env);
        const { grant_type: grant } = body;
        if (grant === "identity_token") return login(body);
        if (grant === "refresh_token") return refresh(body);
        const allowed = "must be identity_token or refresh_token";
        throw new HttpRefusal("invalid_value", allowed, { param: "grant_type" });
      });
      app.post("/v1/auth/revoke", async (c) => {
        const body = await readJsonObject(c.req.raw, MOST_BODY_BYTES, c.env);
        const revoke = async ({ account, family }: SessionRef, all: boolean): Promise<Response> => {
          const command = all
            ? ({ kind: "revoke-all" } as const)
            : ({ kind: "revoke", family } as const);
          const outcome = await store.command(account, command, ports.now());
          for (const key of looks.keys()) if (key.startsWith(`${account}.`)) looks.delete(key);
          return c.json({ revoked: outcome.kind === "revoked" ? outcome.sessions : 0 });
        };
        const all = body["all"] === true;
        const caller = stringField(body, "caller");
        if (caller !== undefined) {
          // An administrator names a device as the log and the ledger do; all of its account's sessions end.
          await context.authenticate(c.req.raw.headers, "admin");
          const account = /:([\w-]{22})\.[\w-]{22}$/.exec(caller)?.[1];
          if (account !== undefined) return revoke({ account, family: "" }, true);
          throw new HttpRefusal("invalid_value", "is no device", { param: "caller" });
        }
        const token = stringField(body, "refresh_token");
        const ref =
          token === undefined
            ? await verifyAccess(await keysOf(), config, bearerOf(c.req.raw.headers), ports.now())
            : await readRefresh(await keysOf(), token);
        if (ref === null) throw denied("a refresh token or an access token is needed");
        return revoke(ref, all);
      });
    },
  };
}
