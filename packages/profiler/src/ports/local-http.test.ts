import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { fetchLocal } from "./local-http.ts";

const servers: Server[] = [];

async function listen(answer: RequestListener): Promise<number> {
  const server = createServer(answer);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return (server.address() as AddressInfo).port;
}

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

test("an answer comes with status, server and body", async () => {
  const port = await listen((request, response) => {
    response.writeHead(200, { server: "test" }).end(`path ${request.url ?? ""}`);
  });
  expect(await fetchLocal(port, "/api/version", 2000)).toEqual({
    status: 200,
    server: "test",
    body: "path /api/version",
  });
});

test("a closed port is null", async () => {
  const port = await listen(() => {});
  servers[0]?.close();
  expect(await fetchLocal(port, "/", 2000)).toBeNull();
});

test("a server that accepts and never answers is null in time", async () => {
  const port = await listen(() => {});
  expect(await fetchLocal(port, "/", 50)).toBeNull();
});

test("a body that never ends is null", async () => {
  const port = await listen((_, response) => {
    const piece = Buffer.alloc(65_536, 120);
    const more = (): void => {
      while (!response.destroyed && response.write(piece));
      if (!response.destroyed) response.once("drain", more);
    };
    more();
  });
  expect(await fetchLocal(port, "/", 5000)).toBeNull();
});
