import { expect, test } from "vitest";
import type { CommandIo } from "../command-io.ts";
import { listenOptions } from "./listen-options.ts";

const io = (environment: CommandIo["environment"]): CommandIo => ({
  environment,
  columns: null,
  errorColumns: null,
  out: () => {},
  note: () => {},
});

test("loopback without a key, never unloaded, unless told otherwise", () => {
  const options = { host: "127.0.0.1", port: 0, stateDir: "/s" };
  expect(listenOptions(options, io({}))).toEqual({
    stateDir: "/s",
    host: "127.0.0.1",
    port: 0,
    apiKeys: [],
    corsOrigins: [],
    idleMs: null,
  });
});

test("idle minutes are minutes; a key of the command line stands above the environment's", () => {
  const options = { host: "127.0.0.1", port: 1, stateDir: "/s", idleMinutes: 5 };
  const environment = { QWQ_FIT_API_KEY: "one" };
  expect(listenOptions(options, io(environment))).toMatchObject({
    idleMs: 300_000,
    apiKeys: ["one"],
  });
  expect(listenOptions({ ...options, apiKey: "two" }, io(environment)).apiKeys).toEqual(["two"]);
  expect(listenOptions(options, io({ QWQ_FIT_API_KEY: "" })).apiKeys).toEqual([]);
});
