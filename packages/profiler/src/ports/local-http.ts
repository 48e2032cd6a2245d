import { request } from "node:http";
import type { LocalResponse } from "./probe-ports.ts";

/** A server on this machine that does not accept and answer in this time is not looked at. */
export const LOCAL_TIMEOUT_MS = 150;
/** The largest answer read: a list of a few thousand models. */
const BODY_BYTES = 1024 * 1024;

/** GET http://127.0.0.1:port/path, without proxies or redirects; null where nothing answers in time. */
export function fetchLocal(
  port: number,
  path: string,
  timeoutMs: number = LOCAL_TIMEOUT_MS,
): Promise<LocalResponse | null> {
  return new Promise((resolve) => {
    const call = request({ host: "127.0.0.1", port, path, agent: false, timeout: timeoutMs });
    const timer = setTimeout(() => {
      finish(null);
    }, timeoutMs);
    const finish = (response: LocalResponse | null): void => {
      clearTimeout(timer);
      resolve(response);
      call.destroy();
    };
    call.on("error", () => {
      finish(null);
    });
    call.on("response", (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      const server = response.headers["server"];
      const done = (): void => {
        finish({
          status: response.statusCode ?? 0,
          server: typeof server === "string" ? server : null,
          body: Buffer.concat(chunks).toString("utf8"),
        });
      };
      response.on("data", (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > BODY_BYTES) finish(null);
        else chunks.push(chunk);
      });
      response.on("end", done);
      response.on("error", () => {
        finish(null);
      });
    });
    call.end();
  });
}
