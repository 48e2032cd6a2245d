import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import { describe, expect, onTestFinished, test } from "vitest";
import { QWQ } from "../api/testing/serve-api.ts";
import type { Engine } from "../engine.ts";
import { createScriptedEngine } from "../testing/scripted-engine.ts";
import { findServer, listServers, provesToken, stopServer } from "./find-servers.ts";
import { isLoopbackAddress } from "./listen.ts";
import { startServer } from "./start-server.ts";
import type { RunningServer, StartServerOptions } from "./start-server.ts";
import { serverId } from "./state-dir.ts";
import { writeState } from "./state-file.ts";
import { stopOnSignals } from "./stop-on-signals.ts";

async function stateDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "qwq-fit-state-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

async function start(
  dir: string,
  options: Partial<StartServerOptions> = {},
): Promise<RunningServer> {
  const server = await startServer({
    open: () => Promise.resolve(createScriptedEngine({ thoughts: 1, words: 2 })),
    model: QWQ,
    plan: null,
    stateDir: dir,
    ...options,
  });
  onTestFinished(() => server.stop({ graceMs: 0 }));
  return server;
}

const chat = (server: RunningServer, body: object = {}): Promise<Response> =>
  fetch(`${server.baseUrl}/chat/completions`, {
    method: "POST",
    body: JSON.stringify({ messages: [{ role: "user", content: "hi" }], ...body }),
  });

/** A process that has ended, so its number is nobody's. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "0"]);
  await once(child, "exit");
  return child.pid ?? 0;
}

describe("a server's life", () => {
  test("it leaves a state that its user alone can read, is found by it, and removes it", async () => {
    const dir = await stateDir();
    const server = await start(dir);
    await server.whenReady();
    const path = join(dir, "servers", `${server.state.id}.json`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(dir, "servers"))).mode & 0o777).toBe(0o700);
    expect(await findServer(dir, QWQ.id)).toEqual({
      state: server.state,
      status: "running",
      phase: "ready",
    });
    expect((await chat(server)).status).toBe(200);
    await server.stop();
    expect(await listServers(dir)).toEqual([]);
    await expect(stat(path)).rejects.toThrow("ENOENT");
    await expect(chat(server)).rejects.toThrow("fetch failed");
  });

  test("there is one for a model and a state directory", async () => {
    const dir = await stateDir();
    const server = await start(dir);
    await expect(start(dir)).rejects.toMatchObject({
      code: "locked",
      details: { baseUrl: server.baseUrl, pid: process.pid },
    });
    await start(await stateDir());
    await start(dir, { model: { ...QWQ, id: "other" } });
    expect(await listServers(dir)).toHaveLength(2);
    await server.stop();
    await start(dir);
  });

  test("a state whose process is gone is removed, and its lock is taken over", async () => {
    const dir = await stateDir();
    const pid = await deadPid();
    const id = serverId(QWQ.id);
    const state = { schemaVersion: 1, id, model: QWQ.id, token: "t", pid, planId: "" } as const;
    const dead = { ...state, baseUrl: "http://127.0.0.1:9/v1", startedAt: "" };
    await writeState(dir, dead);
    await writeFile(join(dir, "servers", `${id}.lock`), JSON.stringify({ pid, startTicks: 1 }));
    expect(await listServers(dir)).toEqual([]);
    expect((await start(dir)).state.pid).toBe(process.pid);
  });

  test("stop is asked by id, by model, by the start of an id; running answers end first", async () => {
    const dir = await stateDir();
    for (const name of [QWQ.id, serverId(QWQ.id), "qwq-32b-"]) {
      const server = await start(dir, {
        open: () =>
          Promise.resolve(createScriptedEngine({ words: 300, tick: () => setImmediate() })),
      });
      const answer = await chat(server, { stream: true });
      const stopped = await stopServer(dir, name);
      expect(stopped?.id).toBe(server.state.id);
      expect(await answer.text()).toContain("[DONE]");
      await server.stopped;
    }
    expect(await stopServer(dir, "nobody")).toBeNull();
  });

  test("an engine that is not used is unloaded, and loaded by the next request", async () => {
    const opened: Engine[] = [];
    const phases: string[] = [];
    const idle = new Promise<void>((resolve) => {
      void stateDir().then(async (dir) => {
        const server = await start(dir, {
          open: () => {
            const engine = createScriptedEngine({ thoughts: 1, words: 1 });
            opened.push(engine);
            return Promise.resolve(engine);
          },
          idleMs: 5,
          eager: false,
          onPhase: (phase) => {
            phases.push(phase);
            if (phase === "idle") resolve();
          },
        });
        expect(server.host.phase()).toBe("idle");
        await chat(server);
      });
    });
    await idle;
    expect(phases).toEqual(["loading", "ready", "idle"]);
    expect(opened.map((engine) => engine.state().phase)).toEqual(["closed"]);
  });

  test("signals stop it: the first lets answers end, the second does not", async () => {
    const listeners = new Map<string, () => void>();
    const source = {
      on: (signal: string, listener: () => void) => listeners.set(signal, listener),
      off: (signal: string) => listeners.delete(signal),
    };
    const never = new Promise<void>(() => {});
    const engine = createScriptedEngine({ tick: () => never });
    const server = await start(await stateDir(), { open: () => Promise.resolve(engine) });
    const waiting = stopOnSignals(server, source);
    const answer = chat(server).catch((error: unknown) => error);
    while (engine.state().running === 0) await setImmediate();
    listeners.get("SIGTERM")?.();
    listeners.get("SIGINT")?.();
    await waiting;
    expect(await answer).toBeInstanceOf(TypeError);
    expect(listeners.size).toBe(0);
  });
});

describe("who is who", () => {
  test("another program at a state's address is not taken for the server, and gets no token", async () => {
    const seen: string[] = [];
    const impostor = createServer((request, response) => {
      seen.push(JSON.stringify([request.url, request.headers]));
      response.end('{"proof":"0"}');
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void impostor.close());
    await once(impostor, "listening");
    const address = impostor.address();
    const port = typeof address === "object" ? address?.port : 0;
    const dir = await stateDir();
    const state = {
      schemaVersion: 1,
      id: serverId("m"),
      model: "m",
      baseUrl: `http://127.0.0.1:${port}/v1`,
      token: "canary-token",
      pid: process.pid,
      startedAt: "",
      planId: "",
    } as const;
    await writeState(dir, state);
    expect(await provesToken(state)).toBe(false);
    expect(await findServer(dir, "m")).toBeNull();
    expect(await listServers(dir)).toMatchObject([{ status: "silent" }]);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.join("")).not.toContain("canary");
  });

  test("beyond loopback a key is needed", async () => {
    const dir = await stateDir();
    await expect(start(dir, { host: "0.0.0.0" })).rejects.toMatchObject({
      code: "invalid_configuration",
    });
    const server = await start(dir, { host: "0.0.0.0", apiKeys: ["k"] });
    expect(server.baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/v1$/);
    expect((await fetch(`${server.baseUrl}/models`)).status).toBe(401);
    expect(await findServer(dir, QWQ.id)).not.toBeNull();
    expect([isLoopbackAddress("127.9.9.9"), isLoopbackAddress("[::1]")]).toEqual([true, true]);
    expect([isLoopbackAddress("::"), isLoopbackAddress("10.0.0.1")]).toEqual([false, false]);
  });

  test("a port that is taken is told", async () => {
    const dir = await stateDir();
    const server = await start(dir);
    const port = Number(new URL(server.baseUrl).port);
    const other = start(dir, { port, model: { ...QWQ, id: "other" } });
    await expect(other).rejects.toMatchObject({ code: "network" });
    // Its lock is free again.
    await start(dir, { model: { ...QWQ, id: "other" } });
  });
});
