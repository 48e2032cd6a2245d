import { createServer } from "node:http";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";

/** An OpenID provider on loopback: keys at a URL, tokens signed with them. */
export interface IdentityIssuer {
  readonly issuer: string;
  readonly jwksUrl: string;
  /** How often the keys were asked for. */
  readonly asked: () => number;
  readonly rsa: { readonly sign: CryptoKey; readonly shown: JWK };
  readonly ec: { readonly sign: CryptoKey; readonly shown: JWK };
  /** A good RS256 token, but for what is given. */
  token(
    claims?: Readonly<Record<string, unknown>>,
    header?: Readonly<Record<string, unknown>>,
  ): Promise<string>;
  close(): Promise<void>;
}

/** The audience of its tokens. */
export const AUDIENCE = "app-1";

async function pair(alg: "RS256" | "ES256"): Promise<{ sign: CryptoKey; shown: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { sign: privateKey, shown: { ...(await exportJWK(publicKey)), kid: alg, use: "sig" } };
}

/** Starts an issuer with an RSA key and a P-256 one. */
export async function startIssuer(): Promise<IdentityIssuer> {
  const rsa = await pair("RS256");
  const ec = await pair("ES256");
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    response.setHeader("content-type", "application/json");
    // A secret key in the list must never be taken for a way to check anything.
    const oct = { kty: "oct", kid: "oct", k: Buffer.from("guess").toString("base64url") };
    response.end(JSON.stringify({ keys: [rsa.shown, ec.shown, oct] }));
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`;
  let count = 0;
  return {
    issuer,
    jwksUrl: `${issuer}/keys`,
    asked: () => asked,
    rsa,
    ec,
    token: (claims = {}, header = {}) => {
      const seconds = Math.floor(Date.now() / 1000);
      const whole = {
        iss: issuer,
        aud: AUDIENCE,
        sub: "person-1",
        iat: seconds,
        exp: seconds + 3600,
        // No two are the same text.
        nonce: String(count++),
        ...claims,
      };
      return new SignJWT(whole)
        .setProtectedHeader({ alg: "RS256", kid: "RS256", ...header })
        .sign(rsa.sign);
    },
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
