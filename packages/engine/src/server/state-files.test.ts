import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { tryLock } from "../lock/file-lock.ts";
import { listServers } from "./find-servers.ts";
import { defaultStateDir, serverId } from "./state-dir.ts";
import { readState, writeState } from "./state-file.ts";

async function stateDir(): Promise<string> {
  const dir = await mkdtemp(join(tmpdir(), "qwq-fit-state-"));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

/** The number of a process that has ended, so it is nobody's. */
async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ["-e", "0"]);
  await once(child, "exit");
  return child.pid ?? 0;
}

describe("files", () => {
  test("of many that try at once one gets a stale lock", async () => {
    const path = join(await stateDir(), "a.lock");
    const pid = await deadPid();
    for (let round = 0; round < 20; round += 1) {
      await writeFile(path, JSON.stringify({ pid: pid, startTicks: 1 }));
      const attempts = await Promise.all(Array.from({ length: 8 }, () => tryLock(path)));
      const held = attempts.filter((attempt) => attempt.held);
      expect(held).toHaveLength(1);
      expect(JSON.parse(await readFile(path, "utf8"))).toMatchObject({ pid: process.pid });
      await held[0]?.lock.release();
    }
  });

  test("a state that is no state is nobody's", async () => {
    const dir = await stateDir();
    expect(await readState(dir, "none")).toBeNull();
    const state = {
      schemaVersion: 1,
      id: serverId("m"),
      model: "m",
      baseUrl: "http://127.0.0.1:9/v1",
      token: "t",
      pid: process.pid,
      startedAt: "",
      planId: "",
    } as const;
    await writeState(dir, state);
    expect(await readState(dir, state.id)).toEqual(state);
    for (const text of ["", "{}", '{"schemaVersion":2}', "[1]"]) {
      await writeFile(join(dir, "servers", "broken.json"), text);
      expect(await listServers(dir)).toHaveLength(1);
    }
  });

  test("stand where each system has them", () => {
    const at = (platform: string, env = {}): string =>
      defaultStateDir({ platform, home: "/h", env });
    expect(at("linux")).toBe("/h/.local/state/qwq-fit");
    expect(at("linux", { XDG_STATE_HOME: "/s" })).toBe("/s/qwq-fit");
    expect(at("darwin")).toBe("/h/Library/Application Support/qwq-fit");
    expect(at("win32", { LOCALAPPDATA: "/l" })).toBe("/l/qwq-fit");
    expect(at("darwin", { QWQ_FIT_STATE_DIR: "/own" })).toBe("/own");
    expect(serverId("Qwen/QwQ-32B")).toMatch(/^qwen-qwq-32b-[0-9a-f]{8}$/);
    expect(serverId("../../x")).not.toContain("/");
  });
});
