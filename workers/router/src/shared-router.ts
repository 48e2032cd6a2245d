import {
  type AiBinding,
  createRouter,
  readConfig,
  type Router,
  type RouterPorts,
} from "@qwq-fit/router";
import { answerStore } from "./answer-store.ts";
import { extensionsOf } from "./extensions.ts";
import { sessionStore } from "./session-store.ts";

/** workerd notices that a caller has gone only when it writes: silence is broken often, so that nodes stop soon. */
const LIMITS = { keepAliveMs: 200 };

/** The Workers AI binding, where wrangler.jsonc has one. */
const isAi = (value: unknown): value is AiBinding =>
  typeof value === "object" && value !== null && typeof Reflect.get(value, "run") === "function";

function portsOf(env: Env): RouterPorts {
  const secrets: Readonly<Record<string, unknown>> = { ...env };
  return {
    fetch: (input, init) => fetch(input, init),
    now: () => Date.now(),
    // workerd's clock only moves with I/O, and has no other.
    monotonic: () => performance.now(),
    random: () => Math.random(),
    timer: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
    id: () => crypto.randomUUID(),
    secret: secretOf(env),
    ...(isAi(secrets["AI"]) ? { ai: secrets["AI"] } : {}),
    answers: answerStore(env),
    sessions: sessionStore(env),
    log: (record) => console.log(JSON.stringify(record)),
    state: {
      lease: (wanted, spent, limits, nowMs) =>
        env.LEDGER.get(env.LEDGER.idFromName(wanted.caller)).lease(wanted, spent, limits, nowMs),
    },
  };
}

/** One router an isolate: configuration, breakers and what was learnt live as long as it does. */
let router: Router | undefined;
let probedMs = 0;

/** The isolate's router, for the Worker and for its objects alike; nodes are asked when it is time. */
export function sharedRouter(env: Env, waitUntil: (work: Promise<unknown>) => void): Router {
  router ??= routerOf(env);
  const nowMs = Date.now();
  if (nowMs - probedMs >= router.config.probeEveryMs) {
    probedMs = nowMs;
    waitUntil(router.fleet.probe());
  }
  return router;
}

/** How old an isolate's knowledge of the nodes that have joined may be, ms. */
const MEET_MS = 2000;
let metMs = 0;

/** The isolate's router, once it knows the nodes that have joined; from then on they are asked behind requests. */
export async function readyRouter(
  env: Env,
  waitUntil: (work: Promise<unknown>) => void,
): Promise<Router> {
  const ready = sharedRouter(env, waitUntil);
  const nowMs = Date.now();
  if (!ready.config.join || nowMs - metMs < MEET_MS) return ready;
  const first = metMs === 0;
  // Each of the first requests asks for itself: one may not wait for what another has begun.
  const meeting = ready.fleet.meet();
  if (first) await meeting;
  else waitUntil(meeting);
  metMs = nowMs;
  return ready;
}

/** The value of a secret by its name. */
export function secretOf(env: Env): RouterPorts["secret"] {
  const values: Readonly<Record<string, unknown>> = { ...env };
  return (name) => {
    const value = values[name];
    return typeof value === "string" ? value : undefined;
  };
}

function routerOf(env: Env): Router {
  const ports = portsOf(env);
  const config = readConfig(JSON.parse(env.ROUTER_CONFIG), LIMITS);
  return createRouter(config, ports, extensionsOf(env, config, ports));
}
