import { createPublicKey, verify } from "node:crypto";
import { QwqError } from "@qwq-fit/schema";
import type { Catalog } from "@qwq-fit/schema";
import { catalog as catalogSchema, validate } from "@qwq-fit/schema/validate";

/** A catalogue as it is published apart from a release, with a detached signature beside it. */
export interface PublishedCatalog {
  readonly schemaVersion: 1;
  /** ISO 8601, UTC. An older one never replaces a newer one. */
  readonly createdAt: string;
  readonly catalog: Catalog;
}

/** A public key from SPKI in base64 or PEM. @throws {QwqError} `invalid_value` for anything else. */
function publicKeyOf(text: string): ReturnType<typeof createPublicKey> {
  const pem = text.includes("-----")
    ? text
    : `-----BEGIN PUBLIC KEY-----\n${text.trim()}\n-----END PUBLIC KEY-----\n`;
  try {
    const key = createPublicKey(pem);
    if (key.asymmetricKeyType === "ed25519") return key;
  } catch (error) {
    throw new QwqError("invalid_value", "The key is no public key", { cause: error });
  }
  throw new QwqError("invalid_value", "The key is not an Ed25519 key");
}

/**
 * The catalogue in `bytes`, once one of the keys has signed exactly these bytes and the value passes its schema.
 *
 * @param signature - Base64 of 64 bytes.
 * @throws {QwqError} `hash_mismatch` for a wrong signature, `invalid_configuration` for a wrong value.
 */
export function readSignedCatalog(
  bytes: Uint8Array,
  signature: string,
  keys: readonly string[],
): PublishedCatalog {
  const mark = Buffer.from(signature.trim(), "base64");
  const signed = keys.some((key) => verify(null, bytes, publicKeyOf(key), mark));
  if (!signed) {
    throw new QwqError("hash_mismatch", "The catalogue's signature does not match", {
      hint: "It was changed, or signed with a key that this version does not know.",
    });
  }
  let value: unknown;
  try {
    value = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    throw new QwqError("invalid_configuration", "The catalogue is not JSON", { cause: error });
  }
  return publishedOf(value);
}

function publishedOf(value: unknown): PublishedCatalog {
  const isObject = typeof value === "object" && value !== null;
  if (!isObject || !("schemaVersion" in value && "createdAt" in value && "catalog" in value)) {
    throw new QwqError("invalid_configuration", "The file is no published catalogue");
  }
  const { schemaVersion, createdAt } = value;
  if (schemaVersion !== 1) {
    throw new QwqError("invalid_configuration", "The catalogue is of a later kind", {
      hint: "Update qwq-fit first.",
    });
  }
  if (typeof createdAt !== "string" || Number.isNaN(Date.parse(createdAt))) {
    throw new QwqError("invalid_configuration", "The catalogue does not say when it was made");
  }
  return { schemaVersion, createdAt, catalog: validate(catalogSchema, value.catalog, "catalog") };
}
