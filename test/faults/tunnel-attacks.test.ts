import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FRAME } from "@qwq-fit/tunnel";
import { enrol } from "@qwq-fit/tunnel/node";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { readAnswer } from "../support/read-answer.ts";
import {
  connectRogue,
  dialWith,
  enrolRogue,
  type RogueConnection,
  tokenOf,
} from "../support/rogue-node.ts";
import { inviteTo, joinHere } from "../support/tunnel-fleet.ts";
import {
  type AnyTunnelRouter,
  startNodeTunnel,
  startWorkerTunnel,
} from "../support/tunnel-router.ts";
import { judge } from "./judge.ts";
import { sourceOf, startPacedNode } from "./tunnel-parts/paced-node.ts";

/** What a node may send that is not served. */
const FLOODS: readonly (readonly [string, (one: RogueConnection) => void])[] = [
  [
    "a flood of reports",
    (one) => {
      for (let i = 0; i < 2000; i++) one.send(FRAME.load, 0, { state: "serveable" });
    },
  ],
  [
    "a flood of frames of streams that are not its own",
    (one) => {
      for (let i = 0; i < 2000; i++) one.send(FRAME.data, 1000 + i, new Uint8Array(10));
    },
  ],
  [
    "a frame that says it is larger than allowed",
    (one) => one.sendBytes(new Uint8Array([FRAME.data, 0, 0, 0, 1, 255, 255, 255])),
  ],
  ["a message larger than any", (one) => one.sendBytes(new Uint8Array(2 * 1024 * 1024).fill(255))],
  ["bytes that are no frames", (one) => one.sendBytes(new Uint8Array(100).fill(99))],
];

/** What an attacker of the router tries; on both runtimes, each over one router. */
describe.for(["node", "workerd"] as const)("against a router on %s", (runtime) => {
  const folder = mkdtempSync(join(tmpdir(), "qwq-fit-attacks-"));
  const closing: (() => unknown)[] = [];
  let router: AnyTunnelRouter;
  beforeAll(async () => {
    router =
      runtime === "node"
        ? await startNodeTunnel(join(folder, "nodes.json"))
        : await startWorkerTunnel();
  }, 120_000);
  afterEach(async () => {
    for (const close of closing.splice(0).toReversed()) await close();
  });
  afterAll(async () => {
    await router.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const open = (connection: RogueConnection): RogueConnection => {
    closing.push(() => connection.close());
    return connection;
  };
  const remove = (name: string): Promise<Response> =>
    fetch(`${router.url}/v1/nodes/${name}`, { method: "DELETE" });

  test("a stolen code is worth nothing once it was used, nor is one that was guessed", async () => {
    const code = await inviteTo(router.url);
    const first = await enrol(router.url, code, "mini");
    await expect(enrol(router.url, code, "thief")).rejects.toThrow(/does not take this code/);
    for (const guess of [
      "0000-0000-0000-0000-0000",
      "",
      code.slice(0, -1),
      code.replace("-", ""),
    ]) {
      await expect(enrol(router.url, guess, "thief")).rejects.toThrow(/does not take this code/);
    }
    await remove(first.id);
  });

  test("a replayed token is turned away, by a router that was restarted since too", async () => {
    const rogue = await enrolRogue(router.url, "replay");
    const token = await tokenOf(router.url, rogue);
    expect(open(await dialWith(router.url, token)).status).toBe(101);
    expect(open(await dialWith(router.url, token)).status).toBe(401);
    await router.restart();
    expect(open(await dialWith(router.url, token)).status).toBe(401);
    const fresh = await tokenOf(router.url, rogue);
    expect(open(await dialWith(router.url, fresh)).status).toBe(101);
    await remove(rogue.id);
  }, 120_000);

  test("a node cannot be impersonated: not by its name, its certificate or its id", async () => {
    const [mini, thief] = [
      await enrolRogue(router.url, "home"),
      await enrolRogue(router.url, "home"),
    ];
    expect([mini.name, thief.name]).toEqual(["home", "home-2"]);
    const mixed = { ...mini, keys: thief.keys };
    expect(open(await dialWith(router.url, await tokenOf(router.url, mixed))).status).toBe(401);
    const elsewhere = await tokenOf("http://another.example", mini);
    expect(open(await dialWith(router.url, elsewhere)).status).toBe(401);
    for (const token of ["", "x", "a.b.c", "qf_caller1_secret"]) {
      expect(open(await dialWith(router.url, token)).status).toBe(401);
    }
    await remove(mini.id);
    await remove(thief.id);
  });

  test("a removed node is cut off and does not come back", async () => {
    const rogue = await enrolRogue(router.url, "removed");
    const connection = open(await connectRogue(router.url, rogue));
    expect(connection.status).toBe(101);
    await remove(rogue.name);
    expect(await connection.closed).toBe(4410);
    expect(open(await dialWith(router.url, await tokenOf(router.url, rogue))).status).toBe(410);
  });

  test.for(FLOODS)("%s ends its sender's connection alone", async ([, attack]) => {
    const rogue = await enrolRogue(router.url, "flood");
    const bystander = await enrolRogue(router.url, "bystander");
    const [bad, good] = [
      open(await connectRogue(router.url, rogue)),
      open(await connectRogue(router.url, bystander)),
    ];
    attack(bad);
    expect([1006, 1008, 1009]).toContain(await bad.closed);
    good.send(FRAME.load, 0, { state: "loading" });
    const status = async (): Promise<string> =>
      JSON.stringify(await (await fetch(`${router.url}/v1/nodes`)).json());
    await expect
      .poll(status, { timeout: 60_000 })
      .toMatch(/"bystander","joined":true,"status":"connected"/);
    await remove(rogue.id);
    await remove(bystander.id);
  });

  test("a node that speaks into another's streams changes none of them", async () => {
    const node = await startPacedNode(5, () => undefined);
    closing.push(() => node.close());
    const { agent, membership } = await joinHere(router.url, node.baseUrl, "victim");
    closing.push(() => agent.stop(0));
    await agent.ready;
    const rogue = await enrolRogue(router.url, "speaker");
    const listed = async (): Promise<string> => (await fetch(`${router.url}/v1/models`)).text();
    await expect.poll(listed, { timeout: 60_000 }).toContain('"nodes":1');
    const sockets: RogueConnection[] = [];
    const head = { status: 200, headers: { "content-type": "text/event-stream" } };
    const shout = async (): Promise<void> => {
      const one = await dialWith(router.url, await tokenOf(router.url, rogue));
      sockets.push(one);
      for (let id = 1; id <= 60; id++) {
        one.send(FRAME.head, id, head);
        one.send(FRAME.data, id, new TextEncoder().encode("data: [DONE]\n\n"));
        one.send(FRAME.end, id);
      }
    };
    const asked = Array.from({ length: 8 }, async (_, id) => {
      const response = await fetch(`${router.url}/v1/chat/completions`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ model: "scripted", stream: true, user: String(id), messages: [] }),
      });
      const seen = await readAnswer(response.status, response.body ?? "");
      return seen.done ? judge(sourceOf(id), "error", seen) : `not whole: ${seen.raw}`;
    });
    await Promise.all([shout(), shout(), shout()]);
    expect(await Promise.all(asked)).toEqual(Array.from({ length: 8 }, () => null));
    for (const one of sockets) one.close();
    await remove(membership.id);
    await remove(rogue.id);
  });

  test("a node that sends a body before its head is cut off, and its stream is told broken", async () => {
    const rogue = await enrolRogue(router.url, "hasty");
    const connection = open(await connectRogue(router.url, rogue, "hasty"));
    const listed = async (): Promise<string> => (await fetch(`${router.url}/v1/models`)).text();
    await expect.poll(listed, { timeout: 60_000 }).toContain('"hasty"');
    const asked = fetch(`${router.url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ model: "hasty", messages: [] }),
    });
    const { stream } = await connection.until(FRAME.request);
    connection.send(FRAME.data, stream, new Uint8Array(10));
    expect([1006, 1008]).toContain(await connection.closed);
    expect((await asked).status).toBe(502);
    await remove(rogue.id);
  }, 120_000);
});
