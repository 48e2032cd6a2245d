import { createHmac, generateKeyPairSync, sign } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createNodeKeys, signNodeToken } from "../node/node-keys.ts";
import { issueCertificate, readCertificate, readPublicKey } from "./certificate.ts";
import { createJoinCode, readJoinCode } from "./join-code.ts";
import { checkNodeToken } from "./node-token.ts";

const SECRET = "the router's";
const HOST = "router.example";
const NOW_MS = 1_800_000_000_000;
const text = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

const node = async (id = "node1") => {
  const keys = await createNodeKeys();
  const issued = Math.floor(NOW_MS / 1000);
  const certificate = await issueCertificate(SECRET, { node: id, key: keys.publicKey, issued });
  return { keys, certificate };
};
const check = async (token: string, change: { host?: string; nowMs?: number } = {}) => {
  const { host = HOST, nowMs = NOW_MS } = change;
  const verdict = await checkNodeToken(SECRET, token, host, nowMs);
  return verdict.ok ? verdict.proof.certificate.node : verdict.reason;
};

describe("a token", () => {
  test("that a node has signed proves its id", async () => {
    const { keys, certificate } = await node();
    const token = await signNodeToken(keys, { certificate, audience: HOST, nowMs: NOW_MS });
    expect(await check(token)).toBe("node1");
  });

  test("is good for this router and this minute alone", async () => {
    const { keys, certificate } = await node();
    const token = await signNodeToken(keys, { certificate, audience: HOST, nowMs: NOW_MS });
    expect(await check(token, { host: "other.example" })).toBe("audience");
    expect(await check(token, { nowMs: NOW_MS + 125_000 })).toBe("time");
    expect(await check(token, { nowMs: NOW_MS - 65_000 })).toBe("time");
    expect(await check(token, { nowMs: NOW_MS + 100_000 })).toBe("node1");
  });

  test("of another key, or of another router's certificate, proves nothing", async () => {
    const [one, other] = [await node("one"), await node("other")];
    const claims = { certificate: one.certificate, audience: HOST, nowMs: NOW_MS };
    expect(await check(await signNodeToken(other.keys, claims))).toBe("signature");
    const [issued, key] = [Math.floor(NOW_MS / 1000), other.keys.publicKey];
    const forged = await issueCertificate("a guess", { node: "one", key, issued });
    const token = await signNodeToken(other.keys, { ...claims, certificate: forged });
    expect(await check(token)).toBe("certificate");
  });

  test("that lasts for longer than a minute is refused, though it is signed", async () => {
    const pair = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const key = readPublicKey(pair.publicKey.export({ format: "jwk" }));
    if (key === null) throw new Error("no key");
    const issued = Math.floor(NOW_MS / 1000);
    const crt = await issueCertificate(SECRET, { node: "own", key, issued });
    const claims = { crt, aud: HOST, iat: issued, jti: "A".repeat(22) };
    const made = (more: object): string => {
      const head = `${text({ alg: "ES256", typ: "qwq-node+jwt" })}.${text({ ...claims, ...more })}`;
      const options = { key: pair.privateKey, dsaEncoding: "ieee-p1363" } as const;
      return `${head}.${sign("sha256", Buffer.from(head), options).toString("base64url")}`;
    };
    expect(await check(made({ exp: issued + 60 }))).toBe("own");
    expect(await check(made({ exp: issued + 3600 }))).toBe("time");
    expect(await check(made({ exp: issued }))).toBe("time");
    expect(await check(made({}))).toBe("form");
    expect(await check(made({ exp: issued + 60, jti: "short" }))).toBe("form");
  });

  test("cannot choose how it is checked", async () => {
    const { keys, certificate } = await node();
    const token = await signNodeToken(keys, { certificate, audience: HOST, nowMs: NOW_MS });
    const [, payload = "", signature = ""] = token.split(".");
    const withHeader = (header: object, mark: string): string =>
      `${text(header)}.${payload}.${mark}`;
    expect(await check(withHeader({ alg: "none", typ: "qwq-node+jwt" }, ""))).toBe("form");
    expect(await check(withHeader({ alg: "ES256" }, signature))).toBe("form");
    for (const secret of [keys.publicKey.x, keys.publicKey.x + keys.publicKey.y, SECRET, ""]) {
      const head = `${text({ alg: "HS256", typ: "qwq-node+jwt" })}.${payload}`;
      const mark = createHmac("sha256", secret).update(head).digest("base64url");
      expect(await check(`${head}.${mark}`)).toBe("form");
    }
    // A signature of nothing (CVE-2022-21449), and one of another length.
    const [head = ""] = token.split(".");
    const zeros = Buffer.alloc(64).toString("base64url");
    expect(await check(`${head}.${payload}.${zeros}`)).toBe("signature");
    expect(await check(`${head}.${payload}.`)).toBe("signature");
    expect(await check(`${token}.x`)).toBe("form");
    expect(await check("x".repeat(100_000))).toBe("form");
  });
});

describe("a certificate", () => {
  test("is read as issued, and any change of it is noticed", async () => {
    const { keys, certificate } = await node();
    expect(await readCertificate(SECRET, certificate)).toMatchObject({
      node: "node1",
      key: keys.publicKey,
    });
    for (const place of [0, 10, certificate.length - 40, certificate.length - 1]) {
      const letter = certificate[place] === "A" ? "B" : "A";
      const changed = certificate.slice(0, place) + letter + certificate.slice(place + 1);
      expect(await readCertificate(SECRET, changed)).toBeNull();
    }
    expect(await readCertificate("another", certificate)).toBeNull();
    // The key that is in it is no secret: what is made with it must not pass.
    const [payload = ""] = certificate.split(".");
    const mac = createHmac("sha256", keys.publicKey.x).update(payload).digest("base64url");
    expect(await readCertificate(SECRET, `${payload}.${mac}`)).toBeNull();
  });
});

describe("a code", () => {
  test("is read as people type it, and nobody else's is", async () => {
    const code = await createJoinCode(SECRET);
    expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){4}$/);
    const plain = code.replaceAll("-", "");
    for (const typed of [
      code,
      plain,
      code.toLowerCase(),
      ` ${code} `,
      plain.replaceAll("0", "o"),
    ]) {
      expect(await readJoinCode(SECRET, typed)).toBe(plain);
    }
    expect(await readJoinCode("another", code)).toBeNull();
    for (const typed of ["", "0000-0000-0000-0000-0000", `${code}0`, "U".repeat(20)]) {
      expect(await readJoinCode(SECRET, typed)).toBeNull();
    }
  });
});
