import { lookup, type LookupAddress } from "node:dns";
import { request } from "node:https";
import type { LookupFunction } from "node:net";
import { isPublicAddress, publicUrlProblem } from "../answers/public-url.ts";

/** Answers only with public addresses: what a name meant when it was checked, it need not mean when it is asked. */
const publicLookup: LookupFunction = (hostname, options, answer) => {
  lookup(hostname, { ...options, all: true }, (error, found: LookupAddress[]) => {
    if (error !== null) return answer(error, "");
    const [first] = found;
    if (first === undefined || !found.every(({ address }) => isPublicAddress(address))) {
      return answer(new Error(`${hostname} is no public host`), "");
    }
    return options.all === true ? answer(null, found) : answer(null, first.address, first.family);
  });
};

/**
 * `fetch` for addresses that strangers gave: HTTPS to public hosts alone, looked at again when the connection is
 * made. The answer's body is left unread and redirects are not followed.
 */
export const publicFetch: typeof fetch = (input, init = {}) =>
  new Promise((resolve, reject) => {
    const url = input instanceof Request ? input.url : String(input);
    const problem = publicUrlProblem(url, []);
    if (problem !== null) return reject(new Error(problem));
    const headers = Object.fromEntries(new Headers(init.headers));
    const sent = request(
      url,
      {
        method: init.method ?? "GET",
        headers,
        lookup: publicLookup,
        agent: false,
        ...(init.signal ? { signal: init.signal } : {}),
      },
      (incoming) => {
        incoming.on("error", () => undefined);
        incoming.destroy();
        resolve(new Response(null, { status: incoming.statusCode ?? 502 }));
      },
    );
    sent.on("error", reject);
    sent.end(typeof init.body === "string" ? init.body : undefined);
    return undefined;
  });
