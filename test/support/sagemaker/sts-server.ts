import { createPublicKey, verify } from "node:crypto";
import { createServer } from "node:http";
import type { KnownKey } from "./sigv4.ts";

/** AWS's STS on loopback: checks a web identity by its issuer's own documents, then gives temporary keys. */
export interface StsServer {
  readonly url: string;
  /** What was given out, newest last. */
  readonly given: KnownKey[];
  /** Why identities were refused. */
  readonly refused: readonly string[];
  close(): Promise<void>;
}

export interface StsScript {
  readonly roleArn: string;
  readonly issuer: () => string;
  readonly audience: string;
  readonly subject: string;
  readonly lifeSeconds?: number;
  /** AWS's own form, though JSON was asked for. */
  readonly xml?: boolean;
}

const decode = (part: string | undefined): Readonly<Record<string, unknown>> =>
  JSON.parse(Buffer.from(part ?? "", "base64url").toString()) as Record<string, unknown>;

/** Why a token is not good; null where it is. */
async function problemOf(token: string, script: StsScript): Promise<string | null> {
  const [head, body, signature] = token.split(".");
  const { alg, kid } = decode(head);
  const claims = decode(body);
  const now = Date.now() / 1000;
  const issuer = script.issuer();
  if (claims["iss"] !== issuer) return `issuer ${String(claims["iss"])}`;
  if (claims["aud"] !== script.audience) return "audience";
  if (claims["sub"] !== script.subject) return "subject";
  if (!(Number(claims["exp"]) > now && Number(claims["exp"]) <= now + 3600)) return "end";
  if (!(Number(claims["iat"]) <= now + 5)) return "time";
  const found = await fetch(`${issuer}/.well-known/openid-configuration`);
  const document = (await found.json()) as Record<string, unknown>;
  if (document["issuer"] !== issuer) return "the document names another issuer";
  const keys = (await (await fetch(String(document["jwks_uri"]))).json()) as {
    keys: Record<string, string>[];
  };
  const jwk = keys.keys.find((key) => key["kid"] === kid);
  if (jwk === undefined) return "key";
  if (["d", "p", "q", "dp", "dq", "qi"].some((name) => name in jwk))
    return "a private key is published";
  const key = createPublicKey({ key: jwk, format: "jwk" });
  const data = Buffer.from(`${head ?? ""}.${body ?? ""}`);
  const bytes = Buffer.from(signature ?? "", "base64url");
  if (alg === "ES256") {
    return verify("sha256", data, { key, dsaEncoding: "ieee-p1363" }, bytes) ? null : "signature";
  }
  return alg === "RS256" && verify("sha256", data, key, bytes) ? null : "signature";
}

/** Starts it. */
export async function startSts(script: StsScript): Promise<StsServer> {
  const given: KnownKey[] = [];
  const refused: string[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const form = new URLSearchParams(Buffer.concat(parts).toString());
      const name = form.get("RoleSessionName") ?? "";
      const bad =
        request.headers.authorization !== undefined
          ? "the call is signed"
          : form.get("Action") !== "AssumeRoleWithWebIdentity" ||
              form.get("Version") !== "2011-06-15"
            ? "action"
            : form.get("RoleArn") !== script.roleArn
              ? "role"
              : !/^[\w+=,.@-]{2,64}$/.test(name)
                ? "session name"
                : null;
      void (
        bad === null ? problemOf(form.get("WebIdentityToken") ?? "", script) : Promise.resolve(bad)
      ).then((why) => {
        if (why !== null) {
          refused.push(why);
          response.writeHead(400, { "content-type": "application/json" });
          response.end(
            JSON.stringify({
              Error: { Code: "InvalidIdentityToken", Message: `secret inner text ${why}` },
            }),
          );
          return;
        }
        const key: KnownKey & { readonly sessionToken: string } = {
          accessKeyId: `ASIA${given.length}`,
          secretAccessKey: `secret${given.length}`,
          sessionToken: `token/+=${given.length}`,
        };
        given.push(key);
        const ends = Date.now() / 1000 + (script.lifeSeconds ?? 3600);
        answer(
          response,
          key,
          ends,
          script.xml === true || request.headers.accept !== "application/json",
        );
      });
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    given,
    refused,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

function answer(
  response: import("node:http").ServerResponse,
  key: KnownKey & { readonly sessionToken: string },
  ends: number,
  xml: boolean,
): void {
  const fields = {
    AccessKeyId: key.accessKeyId,
    SecretAccessKey: key.secretAccessKey,
    SessionToken: key.sessionToken,
  };
  response.writeHead(200, { "content-type": xml ? "text/xml" : "application/json" });
  if (!xml) {
    const credentials = { ...fields, Expiration: ends };
    response.end(
      JSON.stringify({
        AssumeRoleWithWebIdentityResponse: {
          AssumeRoleWithWebIdentityResult: { Credentials: credentials },
        },
      }),
    );
    return;
  }
  const text = Object.entries({ ...fields, Expiration: new Date(ends * 1000).toISOString() })
    .map(([name, value]) => `<${name}>${value}</${name}>`)
    .join("\n");
  response.end(
    `<AssumeRoleWithWebIdentityResponse><Credentials>\n${text}\n</Credentials></AssumeRoleWithWebIdentityResponse>`,
  );
}
