// An agent in a process of its own: node agent-child.ts MEMBERSHIP-AS-JSON BASE-URL. A line for each event.
import { createHttpNode, type Membership, startAgent } from "@qwq-fit/tunnel/node";

const [membership = "{}", baseUrl = ""] = process.argv.slice(2);
const agent = startAgent({
  membership: JSON.parse(membership) as Membership,
  node: createHttpNode({ baseUrl, apiKey: null }),
  version: "test",
  limits: { streams: 1000, bodyBytes: 1024 * 1024 },
  backoffMs: [20, 1000],
  pingMs: 2000,
  onEvent: (event) => console.log(JSON.stringify(event)),
});
process.on("SIGTERM", () => void agent.stop(5000));
await agent.ended;
