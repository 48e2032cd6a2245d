import { SignJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AUDIENCE, type IdentityIssuer, startIssuer } from "../support/identity-issuer.ts";
import { login, models, refresh, startLogin } from "../support/phone-router.ts";

let issuer: IdentityIssuer;
beforeAll(async () => {
  issuer = await startIssuer();
}, 180_000);
afterAll(() => issuer.close());

describe("attacks on login", () => {
  test("a refresh token that is used again later ends the whole session", async () => {
    const { router, clock } = startLogin(issuer);
    const first = await login(router, await issuer.token());
    const second = await refresh(router, first.refresh);
    const third = await refresh(router, second.refresh);
    expect(third.status).toBe(200);
    // The thief comes with the first; the owner's newest is worthless from then on.
    expect((await refresh(router, first.refresh)).status).toBe(401);
    expect((await refresh(router, third.refresh)).status).toBe(401);
    clock.ms += 6000;
    expect(await models(router, third.access)).toBe(401);
    const other = await login(router, await issuer.token());
    const next = await refresh(router, other.refresh);
    clock.ms += 21_000;
    expect((await refresh(router, other.refresh)).status).toBe(401);
    expect((await refresh(router, next.refresh)).status).toBe(401);
  });

  test("a made-up or changed refresh token reaches no session", async () => {
    const { router } = startLogin(issuer);
    const { refresh: good } = await login(router, await issuer.token());
    for (const bad of [
      good.replace(".0.", ".1."),
      good.replace(".0.", ".00."),
      `${good.slice(0, -1)}${good.endsWith("A") ? "B" : "A"}`,
      good.replace("qrt_", "qrt_x"),
      "",
    ]) {
      expect((await refresh(router, bad)).status).toBe(401);
    }
    expect((await refresh(router, good)).status).toBe(200);
  });

  test("an identity token is good for one login", async () => {
    const { router } = startLogin(issuer);
    const token = await issuer.token();
    expect((await login(router, token)).status).toBe(200);
    const again = await login(router, token, "phone-2");
    expect([again.status, again.message]).toEqual([401, "this identity token was used"]);
    // The last character of a signature has bits that mean nothing: the same token in another spelling.
    const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    const last = letters.indexOf(token.at(-1) ?? "");
    const spelled = `${token.slice(0, -1)}${letters[last ^ 1]}`;
    expect((await login(router, spelled)).status).toBe(401);
  });

  test("no identity token passes that is forged, foreign, early or late", async () => {
    const { router } = startLogin(issuer);
    const seconds = Math.floor(Date.now() / 1000);
    const b64 = (value: unknown): string =>
      Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { iss: issuer.issuer, aud: AUDIENCE, sub: "p", iat: seconds, exp: seconds + 60 };
    const good = await issuer.token();
    const [, payload, signature] = good.split(".");
    const publicText = Buffer.from(JSON.stringify(issuer.rsa.shown));
    const attacker = await startIssuer();
    try {
      const bad: Record<string, string> = {
        "alg none": `${b64({ alg: "none" })}.${b64(claims)}.`,
        "alg none with a signature": `${b64({ alg: "none" })}.${b64(claims)}.${signature}`,
        "HS256 with the public key": await new SignJWT(claims)
          .setProtectedHeader({ alg: "HS256", kid: "RS256" })
          .sign(publicText),
        "HS256 with a secret key of the list": await new SignJWT(claims)
          .setProtectedHeader({ alg: "HS256", kid: "oct" })
          .sign(Buffer.from("guess")),
        "an algorithm that is not pinned": await new SignJWT(claims)
          .setProtectedHeader({ alg: "ES256", kid: "ES256" })
          .sign(issuer.ec.sign),
        "another algorithm's key id": await issuer.token({}, { kid: "ES256" }),
        "an attacker's key with a known id": await attacker.token({ iss: issuer.issuer }),
        "its own key in the header": await new SignJWT(claims)
          .setProtectedHeader({ alg: "RS256", jwk: attacker.rsa.shown, kid: "attacker" })
          .sign(attacker.rsa.sign),
        "a key at its own address": await new SignJWT(claims)
          .setProtectedHeader({ alg: "RS256", jku: attacker.jwksUrl, kid: "RS256" })
          .sign(attacker.rsa.sign),
        "a path as key id": await attacker.token(
          { iss: issuer.issuer },
          { kid: "../../../dev/null" },
        ),
        "an extension that must be understood": await issuer
          .token({}, { crit: ["exp"], exp: 1 })
          .catch(() => "a.b.c"),
        "another issuer": await issuer.token({ iss: "https://other.example" }),
        "another audience": await issuer.token({ aud: "app-2" }),
        "no audience": await issuer.token({ aud: undefined }),
        "for several, asked by another": await issuer.token({
          aud: [AUDIENCE, "app-2"],
          azp: "app-2",
        }),
        over: await issuer.token({ exp: seconds - 60 }),
        "without an end": await issuer.token({ exp: undefined }),
        "not yet": await issuer.token({ nbf: seconds + 600 }),
        nobody: await issuer.token({ sub: undefined }),
        changed: `${b64({ alg: "RS256", kid: "RS256" })}.${b64(claims)}.${signature}`,
        "without its signature": `${good.split(".")[0]}.${payload}.`,
        long: `${good}${"A".repeat(9000)}`,
      };
      const passed: string[] = [];
      for (const [name, token] of Object.entries(bad)) {
        if ((await login(router, token)).status !== 401) passed.push(name);
      }
      expect(passed).toEqual([]);
      expect(attacker.asked()).toBe(0);
    } finally {
      await attacker.close();
    }
    expect((await login(router, good)).status).toBe(200);
  });

  test("no access token passes that is not this router's own", async () => {
    const { router } = startLogin(issuer);
    const { access } = await login(router, await issuer.token());
    const { router: other } = startLogin(issuer, { issuer: "https://other.example" });
    expect(await models(other, access)).toBe(401);
    // An identity token is no access token, and neither is one that is cut or has another's signature.
    expect(await models(router, await issuer.token())).toBe(401);
    const [header, payload, signature] = access.split(".");
    const none = Buffer.from('{"alg":"none","typ":"at+jwt"}').toString("base64url");
    for (const bad of [
      `${none}.${payload}.${signature}`,
      `${header}.${payload}.${"A".repeat(86)}`,
      `${header}.${payload}`,
    ]) {
      expect(await models(router, bad)).toBe(401);
    }
    expect(await models(router, access)).toBe(200);
  });

  test("made-up key ids do not make the router ask the issuer again and again", async () => {
    const { router } = startLogin(issuer);
    await login(router, await issuer.token());
    const before = issuer.asked();
    for (let i = 0; i < 20; i++)
      await login(router, await issuer.token({}, { kid: `made-up-${i}` }));
    expect(issuer.asked() - before).toBeLessThanOrEqual(1);
  });
});
