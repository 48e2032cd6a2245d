import { createHash, createHmac } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** A key that the server knows. */
export interface Key {
  readonly id: string;
  readonly secret: string;
}

const hash = (data: string): string => createHash("sha256").update(data).digest("hex");
const mac = (key: string | Buffer, text: string): Buffer =>
  createHmac("sha256", key).update(text).digest();

/**
 * Checks a Signature Version 4 header of a POST to `/`, from AWS's specification alone (not by the signer under test).
 *
 * @returns The error code of CloudFormation's common errors, or null.
 */
export function refusedSignature(
  request: IncomingMessage,
  body: string,
  key: Key,
  region: string,
): string | null {
  const { headers } = request;
  const found =
    /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, SignedHeaders=([a-z0-9;-]+), Signature=([0-9a-f]{64})$/u.exec(
      headers.authorization ?? "",
    );
  if (found === null) return "MissingAuthenticationToken";
  const [, id = "", day = "", place = "", service = "", names = "", signature = ""] = found;
  const header = (name: string): string => [headers[name] ?? ""].flat().join(",").trim();
  const time = header("x-amz-date");
  if (id !== key.id) return "InvalidClientTokenId";
  if (!time.startsWith(day) || place !== region || service !== "cloudformation") {
    return "SignatureDoesNotMatch";
  }
  const signed = names.split(";");
  const mustBe = Object.keys(headers).filter(
    (name) => name === "host" || name.startsWith("x-amz-"),
  );
  if (mustBe.some((name) => !signed.includes(name))) return "SignatureDoesNotMatch";
  const canonical = [
    "POST",
    "/",
    "",
    ...signed.map((name) => `${name}:${header(name)}`),
    "",
    names,
    hash(body),
  ].join("\n");
  const scope = `${day}/${place}/${service}/aws4_request`;
  const text = ["AWS4-HMAC-SHA256", time, scope, hash(canonical)].join("\n");
  const signing = [day, place, service, "aws4_request"].reduce<string | Buffer>(
    mac,
    `AWS4${key.secret}`,
  );
  return mac(signing, text).toString("hex") === signature ? null : "SignatureDoesNotMatch";
}
