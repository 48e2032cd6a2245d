import { DurableObject } from "cloudflare:workers";
import {
  changeBetween,
  type JoinedNode,
  NO_NODES,
  type RegistryState,
  type WantedNode,
  withChange,
  withCode,
  withNode,
  withoutNode,
} from "@qwq-fit/router";

/** Who may join and who has, for all isolates. The rules are the router's; this only keeps them. */
export class NodeRegistry extends DurableObject<Env> {
  #state: RegistryState = NO_NODES;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    void ctx.blockConcurrencyWhile(async () => {
      const codes = await ctx.storage.get<RegistryState["codes"]>("codes");
      const nodes = await ctx.storage.list<JoinedNode>({ prefix: "node:" });
      this.#state = { codes: codes ?? [], nodes: [...nodes.values()] };
    });
  }

  async addCode(hash: string, nowMs: number): Promise<void> {
    await this.#become(withCode(this.#state, hash, nowMs));
  }

  async enrol(hash: string, wanted: WantedNode, nowMs: number): Promise<JoinedNode | null> {
    const { state, node } = withNode(this.#state, hash, wanted, nowMs);
    await this.#become(state);
    return node;
  }

  list(): readonly JoinedNode[] {
    return this.#state.nodes;
  }

  drain(id: string, on: boolean): Promise<boolean> {
    return this.#become(withChange(this.#state, id, { drained: on }));
  }

  async remove(id: string): Promise<boolean> {
    const removed = await this.#become(withoutNode(this.#state, id));
    if (removed) await this.env.NODE.get(this.env.NODE.idFromName(id)).cut();
    return removed;
  }

  /** Takes what a node's object has seen; false where the node has been removed. */
  saw(
    id: string,
    change: Partial<Pick<JoinedNode, "connected" | "seenMs" | "hello">>,
  ): Promise<boolean> {
    return this.#become(withChange(this.#state, id, change));
  }

  /** False where nothing changed: there was no such node. */
  async #become(next: RegistryState): Promise<boolean> {
    const before = this.#state;
    if (next === before) return false;
    this.#state = next;
    const { codes, put, removed } = changeBetween(before, next);
    if (codes !== null) await this.ctx.storage.put("codes", codes);
    for (const node of put) await this.ctx.storage.put(`node:${node.id}`, node);
    for (const id of removed) await this.ctx.storage.delete(`node:${id}`);
    return true;
  }
}
