import { writeFile } from "node:fs/promises";
import { QwqError } from "@qwq-fit/schema";
import type { GenerateEvent } from "../generate-events.ts";
import { loadBinding } from "./binding.ts";
import { Embedder } from "./embedder.ts";
import { gpuOption, loadModel } from "./loaded-model.ts";
import type { LoadedModel } from "./loaded-model.ts";
import type { ChildCall, ChildError, FromChild, LoadOptions, ToChild } from "./protocol.ts";
import { RunLoop } from "./run-loop.ts";

const BEAT_MS = 1000;
/** EX_SOFTWARE of sysexits.h. */
const FAULT_EXIT_CODE = 70;
/** Linux: when memory runs out the kernel takes this process before the server (proc(5), oom_score_adj). */
const OOM_SCORE_ADJ = "900";

interface Ready {
  readonly loaded: LoadedModel;
  readonly loop: RunLoop;
  readonly embedder: Embedder;
}

/** Runs the engine's side of the protocol in this process until the parent closes it or is gone. */
export function startChild(self: NodeJS.Process): void {
  let ready: Ready | null = null;
  const send = (message: FromChild): void => {
    // After a disconnect there is nobody to tell; the process ends.
    if (self.connected) self.send?.(message, undefined, undefined, () => {});
  };
  // The parent is gone, in whatever way: nothing of this process may stay.
  self.on("disconnect", () => self.kill(self.pid, "SIGKILL"));
  void writeFile("/proc/self/oom_score_adj", OOM_SCORE_ADJ).catch(() => {});
  const beat = setInterval(() => {
    const state = ready?.loop.state ?? null;
    send({ type: "beat", batchMs: ready?.loop.batchMs ?? null, state });
  }, BEAT_MS);
  beat.unref();

  self.on("message", (raw) => {
    // Only our own parent holds this channel.
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion
    const message = raw as ToChild;
    switch (message.type) {
      case "load":
        void load(message.options, send).then(
          (made) => {
            ready = made;
          },
          (error: unknown) => {
            self.send?.({ type: "failed", error: told(error) } satisfies FromChild, () =>
              self.exit(1),
            );
          },
        );
        break;
      case "generate":
        try {
          present(ready).loop.submit(message.id, message.request);
        } catch (error) {
          send({ type: "error", id: message.id, error: told(error) });
        }
        break;
      case "abort":
        ready?.loop.abort(message.id);
        break;
      case "call": {
        const { id } = message;
        void Promise.resolve()
          .then(() => answer(present(ready), message.call))
          .then(
            (value) => send({ type: "result", id, value }),
            (error: unknown) => send({ type: "error", id, error: told(error) }),
          );
        break;
      }
      case "close":
        self.exit(0);
    }
  });
}

async function load(options: LoadOptions, send: (message: FromChild) => void): Promise<Ready> {
  const { settings } = options;
  const binding = await loadBinding(options.bindingFolder, gpuOption(settings), (level, line) =>
    send({ type: "log", level, line }),
  );
  const loaded = await loadModel(
    binding,
    options.modelPath,
    settings,
    options.overrides,
    (fraction) => send({ type: "loading", fraction }),
  );
  let events: [number, GenerateEvent][] = [];
  let errors: [number, ChildError][] = [];
  const loop: RunLoop = new RunLoop(loaded, options, {
    event: (id, event) => events.push([id, event]),
    error: (id, error) => errors.push([id, told(error)]),
    fault: (error) => {
      // The context is in no known state after a failed batch: the process ends, and comes back fresh.
      console.error(error);
      process.exit(FAULT_EXIT_CODE);
    },
    idle: () => send({ type: "events", events: [], errors: [], state: loop.state }),
    flush: () => {
      if (events.length === 0 && errors.length === 0) return;
      send({ type: "events", events, errors, state: loop.state });
      events = [];
      errors = [];
    },
  });
  const { model } = loaded;
  const text = (token: number): string => (token < 0 ? "" : model.getTokenString(token));
  send({
    type: "ready",
    info: {
      version: binding.version,
      contextTokens: settings.contextTokens,
      slots: settings.sequences,
      embeddingLength: model.getEmbeddingVectorSize(),
      trainedContextTokens: model.getTrainContextSize(),
      bosText: text(model.tokenBos()),
      eosText: text(model.tokenEos()),
      canCopy: binding.canCopy,
    },
  });
  return { loaded, loop, embedder: new Embedder(loaded) };
}

async function answer(ready: Ready, call: ChildCall): Promise<unknown> {
  switch (call.method) {
    case "tokenize":
      return ready.loaded.tokenize(call.text, call.special);
    case "detokenize":
      return ready.loaded.model.detokenize(Uint32Array.from(call.tokens), true);
    case "embed":
      return ready.loop.between(() => ready.embedder.embed(call.input));
  }
}

function present(ready: Ready | null): Ready {
  if (ready === null) throw new QwqError("engine_failed", "The model is not loaded yet.");
  return ready;
}

function told(error: unknown): ChildError {
  if (QwqError.is(error)) {
    const { code, message, hint, details } = error;
    return {
      code,
      message,
      ...(hint === undefined ? {} : { hint }),
      ...(details === undefined ? {} : { details }),
    };
  }
  return { code: "engine_failed", message: error instanceof Error ? error.message : String(error) };
}
