import type { SessionStore } from "@qwq-fit/router";

/** An object for each account, and one for each identity token until it has expired. */
export function sessionStore(env: Env): SessionStore {
  const objectOf = (name: string) => env.SESSION.get(env.SESSION.idFromName(name));
  return {
    command: (account, command, nowMs) => objectOf(`account:${account}`).command(command, nowMs),
    once: (hash, untilMs) => objectOf(`token:${hash}`).once(untilMs),
  };
}
