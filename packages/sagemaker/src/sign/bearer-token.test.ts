import { expect, test } from "vitest";
import type { AwsCredentials } from "../credentials/credentials.ts";
import { mintBearerToken } from "./bearer-token.ts";

const KEY: AwsCredentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const AT = Date.parse("2026-11-23T12:00:00Z");

function urlOf(token: string): URL {
  expect(token).toMatch(/^sagemaker-api-key-[A-Za-z0-9+/]+={0,2}$/);
  return new URL(`https://${atob(token.slice("sagemaker-api-key-".length))}`);
}

// The same from botocore 1.43.11 (SigV4QueryAuth), aws4fetch 1.0.20 and @smithy/signature-v4 5.7.5.
test.each([
  [undefined, "bd8f0d016ec6783902fb7c047a2189b6e463cbac7e778468e465eae878b60afc"],
  ["SESS/+=ION", "37115ff04a3c4a12aafd169229e381a041b54a382ee4257ed1a4ed8202cc611b"],
])(
  "with the session token %s the signature is that of AWS's own signer",
  async (sessionToken, signature) => {
    const token = await mintBearerToken(
      { ...KEY, sessionToken },
      { region: "us-east-1", nowMs: AT, expiresSeconds: 900 },
    );
    const url = urlOf(token);
    expect(url.origin + url.pathname).toBe("https://sagemaker.amazonaws.com/");
    expect(Object.fromEntries(url.searchParams)).toEqual({
      Action: "CallWithBearerToken",
      "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
      "X-Amz-Credential": "AKIDEXAMPLE/20261123/us-east-1/sagemaker/aws4_request",
      "X-Amz-Date": "20261123T120000Z",
      "X-Amz-Expires": "900",
      "X-Amz-SignedHeaders": "host",
      ...(sessionToken === undefined ? {} : { "X-Amz-Security-Token": sessionToken }),
      "X-Amz-Signature": signature,
      Version: "1",
    });
  },
);

test.each([
  [900, undefined, "900"],
  [99_999_999, undefined, "43200"],
  [0, undefined, "1"],
  [900, AT + 61_900, "61"],
  [900, AT - 5, "1"],
])(
  "asked for %i s with credentials that end at %s it lives %s s",
  async (seconds, expiresMs, lives) => {
    const token = await mintBearerToken(
      { ...KEY, expiresMs },
      { region: "eu-west-1", nowMs: AT, expiresSeconds: seconds },
    );
    expect(urlOf(token).searchParams.get("X-Amz-Expires")).toBe(lives);
  },
);
