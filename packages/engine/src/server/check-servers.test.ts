import { chmod, mkdtemp, readdir, rm, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { QWQ } from "../api/testing/serve-api.ts";
import { createScriptedEngine } from "../testing/scripted-engine.ts";
import { checkServers } from "./check-servers.ts";
import { startServer } from "./start-server.ts";

test("a server that answers is fine; open files, leftovers and a file in the way are found", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "qwq-fit-doctor-"));
  onTestFinished(() => rm(stateDir, { recursive: true }));
  const server = await startServer({
    open: () => Promise.resolve(createScriptedEngine()),
    model: QWQ,
    plan: null,
    stateDir,
  });
  onTestFinished(() => server.stop({ graceMs: 0 }));
  await server.whenReady();
  const fine = await checkServers(stateDir);
  expect(fine.map(({ ok }) => ok)).toEqual([true, true, true]);
  expect(fine[2]).toMatchObject({ detail: expect.stringMatching(/ready$/) });

  const dir = join(stateDir, "servers");
  const leftover = join(dir, "a.json.00000000-0000-0000-0000-000000000000");
  await writeFile(leftover, "");
  await utimes(leftover, 0, 0);
  await chmod(join(dir, `${server.state.id}.json`), 0o644);
  const open = await checkServers(stateDir);
  expect(open[1]).toMatchObject({ ok: false, detail: `${server.state.id}.json` });
  expect(await readdir(dir)).not.toContain("a.json.00000000-0000-0000-0000-000000000000");

  await writeFile(join(stateDir, "file"), "");
  const blocked = await checkServers(join(stateDir, "file"));
  expect(blocked).toMatchObject([{ ok: false, detail: expect.stringMatching("ENOTDIR") }]);
});
