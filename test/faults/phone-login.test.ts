import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AUDIENCE, type IdentityIssuer, startIssuer } from "../support/identity-issuer.ts";
import { login, models, post, refresh, startLogin, type Told } from "../support/phone-router.ts";

let issuer: IdentityIssuer;
beforeAll(async () => {
  issuer = await startIssuer();
}, 180_000);
afterAll(() => issuer.close());

describe("a device without a key", () => {
  test("logs in, asks, refreshes, logs out", async () => {
    const { router, clock } = startLogin(issuer);
    const first = await login(router, await issuer.token());
    expect(first.status).toBe(200);
    expect(await models(router, first.access)).toBe(200);
    clock.ms += 11 * 60_000;
    expect(await models(router, first.access)).toBe(401);
    const second = await refresh(router, first.refresh);
    expect(second.status).toBe(200);
    expect(await models(router, second.access)).toBe(200);
    expect((await post(router, "/v1/auth/revoke", {}, second.access)).status).toBe(200);
    expect(await models(router, second.access)).toBe(401);
    expect((await refresh(router, second.refresh)).status).toBe(401);
  });

  test("may repeat a refresh whose answer was lost, and gets the same", async () => {
    const { router, clock } = startLogin(issuer);
    const first = await login(router, await issuer.token());
    const second = await refresh(router, first.refresh);
    clock.ms += 5000;
    const again = await refresh(router, first.refresh);
    expect(again.refresh).toBe(second.refresh);
    expect((await refresh(router, again.refresh)).status).toBe(200);
  });

  test("has its own limits, and few of a person's devices may log in a day", async () => {
    const { router, clock } = startLogin(issuer, { devicesPerAccount: 2 });
    const one = await login(router, await issuer.token(), "phone-1");
    const two = await login(router, await issuer.token(), "phone-2");
    const chat = (token: string): Promise<Told> =>
      post(router, "/v1/chat/completions", { model: "m", messages: [] }, token);
    await chat(one.access);
    await chat(one.access);
    expect((await chat(one.access)).status).toBe(429);
    expect((await chat(two.access)).status).not.toBe(429);
    expect((await login(router, await issuer.token(), "phone-3")).status).toBe(429);
    const { access } = await login(router, await issuer.token({ sub: "person-2" }), "phone-3");
    expect(await models(router, access)).toBe(200);
    clock.ms += 25 * 3600_000;
    const later = Math.floor(clock.ms / 1000);
    const token = await issuer.token({ iat: later, exp: later + 60 });
    expect((await login(router, token, "phone-3")).status).toBe(200);
  });

  test("is let in by the algorithms that its issuer is pinned to", async () => {
    const people = { name: "people", issuer: issuer.issuer, jwksUrl: issuer.jwksUrl };
    const identity = { ...people, audiences: [AUDIENCE], algorithms: ["ES256"] };
    const { router } = startLogin(issuer, { identities: [identity] });
    const token = await new SignJWT({ sub: "p", iss: issuer.issuer, aud: AUDIENCE })
      .setProtectedHeader({ alg: "ES256", kid: "ES256" })
      .setIssuedAt()
      .setExpirationTime("5m")
      .sign(issuer.ec.sign);
    expect((await login(router, token)).status).toBe(200);
    expect((await login(router, await issuer.token())).status).toBe(401);
  });

  test("of a true app is let in by App Check, another app is not", async () => {
    const appCheck = {
      kind: "app-check",
      projectNumber: "123",
      apps: ["1:123:ios:abc"],
      jwksUrl: issuer.jwksUrl,
    };
    const { router } = startLogin(issuer, { identities: [appCheck] });
    const claims = {
      iss: "https://firebaseappcheck.googleapis.com/123",
      aud: ["projects/123", "projects/mine"],
      sub: "1:123:ios:abc",
    };
    const inside = await login(router, await issuer.token(claims));
    expect(await models(router, inside.access)).toBe(200);
    for (const other of [
      { sub: "1:123:ios:other" },
      { aud: ["projects/9"] },
      { iss: "https://firebaseappcheck.googleapis.com/9" },
    ]) {
      expect((await login(router, await issuer.token({ ...claims, ...other }))).status).toBe(401);
    }
  });
});
