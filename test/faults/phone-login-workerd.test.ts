import { startWorkerd } from "@qwq-fit/router-worker/workerd";
import { afterAll, beforeAll, expect, test } from "vitest";
import { AUDIENCE, type IdentityIssuer, startIssuer } from "../support/identity-issuer.ts";
import { login, models, refresh, type Router } from "../support/phone-router.ts";

let issuer: IdentityIssuer;
let router: Router;
let close: () => Promise<void>;

beforeAll(async () => {
  issuer = await startIssuer();
  const config = {
    pepperSecret: "PEPPER",
    nodes: [{ name: "node", url: "http://127.0.0.1:9/v1", models: [{ id: "m" }] }],
    sessions: {
      issuer: "https://edge.example",
      graceSeconds: 0,
      revocationLagSeconds: 0,
      identities: [{ issuer: issuer.issuer, jwksUrl: issuer.jwksUrl, audiences: [AUDIENCE] }],
    },
  };
  const secrets = {
    PEPPER: "pepper",
    QWQ_SESSION_SECRET: "a secret for tests that is long enough",
  };
  const options = { config, port: 0, host: "127.0.0.1", json: true, secrets };
  const worker = await startWorkerd(options, () => undefined);
  close = () => worker.close();
  router = {
    fetch: (request) => fetch(request.url.replace("http://router.test", worker.url), request),
  };
}, 120_000);
afterAll(async () => {
  await close();
  await issuer.close();
});

test(
  "devices log in to the Worker; a used refresh token ends the session",
  { timeout: 120_000 },
  async () => {
    const token = await issuer.token();
    const first = await login(router, token);
    expect([first.status, await models(router, first.access)]).toEqual([200, 200]);
    expect((await login(router, token, "phone-2")).status).toBe(401);
    expect(await models(router, token)).toBe(401);
    const second = await refresh(router, first.refresh);
    expect([second.status, await models(router, second.access)]).toEqual([200, 200]);
    expect((await refresh(router, first.refresh)).status).toBe(401);
    expect((await refresh(router, second.refresh)).status).toBe(401);
    expect(await models(router, second.access)).toBe(401);
  },
);

test(
  "of two that refresh at once with one token neither keeps the session",
  { timeout: 120_000 },
  async () => {
    const { refresh: stolen } = await login(router, await issuer.token());
    const both = await Promise.all([refresh(router, stolen), refresh(router, stolen)]);
    expect(both.map((told) => told.status).toSorted((a, b) => a - b)).toEqual([200, 401]);
    const winner = both.find((told) => told.status === 200);
    expect((await refresh(router, winner?.refresh ?? "")).status).toBe(401);
  },
);
