import { readSigningKeys } from "./keys.ts";

/** Path below the issuer's address of its key set. */
const JWKS_PATH = "/.well-known/jwks.json";
/** What an issuer publishes (OpenID Connect Discovery 1.0, section 4): AWS reads both to check a token. Holds public keys alone. */
export interface IssuerDocuments {
  readonly discovery: object;
  readonly jwks: { readonly keys: readonly Readonly<Record<string, string>>[] };
}

/**
 * The issuer's documents for the keys of a secret.
 * @throws {QwqError} `invalid_configuration`
 */
export async function issuerDocuments(issuer: string, keySecret: string): Promise<IssuerDocuments> {
  const keys = await readSigningKeys(keySecret);
  const base = issuer.replace(/\/+$/, "");
  return {
    discovery: {
      issuer,
      jwks_uri: `${base}${JWKS_PATH}`,
      response_types_supported: ["id_token"],
      subject_types_supported: ["public"],
      id_token_signing_alg_values_supported: [...new Set(keys.map((key) => key.algorithm))],
      claims_supported: ["iss", "sub", "aud", "exp", "iat", "jti"],
    },
    jwks: { keys: keys.map((key) => key.publicJwk) },
  };
}
