import { isIPv4 } from "node:net";
import { QwqError } from "@qwq-fit/schema";

/** Whether a host is this machine. */
export function isLoopbackName(host: string): boolean {
  return host === "localhost" || host === "[::1]" || (isIPv4(host) && host.startsWith("127."));
}

/**
 * A router's address as somebody typed it. Codes and keys are sent there, so beyond this machine it must be https.
 * @throws {QwqError} `usage`
 */
export function routerAddress(text: string, insecureHttp: boolean): string {
  const whole = /^https?:\/\//iu.test(text) ? text : `https://${text}`;
  if (!URL.canParse(whole)) {
    throw new QwqError("usage", `${text} is no address of a router`, {
      hint: "Pass it as https://router.example.",
    });
  }
  const url = new URL(whole);
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    throw new QwqError("usage", "a router's address holds no password and no query");
  }
  if (url.protocol === "http:" && !isLoopbackName(url.hostname) && !insecureHttp) {
    throw new QwqError("usage", `${url.host} is not called over plain http`, {
      hint: "Use https, or --insecure-http in a network that you trust.",
    });
  }
  return `${url.origin}${url.pathname}`.replace(/\/+(?:v1\/*)?$/u, "");
}
