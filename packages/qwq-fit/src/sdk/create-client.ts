import { createClient as createFetchClient } from "@qwq-fit/client";
import type { Client, ClientOptions } from "@qwq-fit/client";
import { lanTargets } from "../lan/lan-targets.ts";
import type { LanOptions } from "../lan/lan-targets.ts";
import type { LocalOptions } from "./local-options.ts";
import { localEngineOf } from "./local-options.ts";
import { readAnywhere } from "./plan-here.ts";
import { sageMakerTarget, type SageMakerCloud } from "./sagemaker-target.ts";

/** Options of {@link createClient}: the client's own, and what may be said of this machine. */
export interface NodeClientOptions extends Omit<ClientOptions, "local" | "cloud"> {
  readonly cloud?: NonNullable<ClientOptions["cloud"]> & {
    /** An endpoint: `{ endpoint: "qwq-32b", region: "us-east-1" }`. */
    readonly sagemaker?: SageMakerCloud;
  };
  /** `false`: nothing of this machine is used. */
  readonly local?: LocalOptions | false;
  /** Servers in this house that `qwq-fit pair` knows. @default false */
  readonly lan?: boolean | LanOptions;
}

/**
 * One chat API over this machine, own nodes and the cloud. This machine is our own server (found by its state file,
 * started by `prepare()` or, for a GGUF file, by the first request) and engines that run here already.
 */
export function createClient(options: NodeClientOptions): Client {
  const { local = {}, lan = false, cloud: { sagemaker, ...cloud } = {}, ...others } = options;
  const house =
    lan === false ? [] : lanTargets({ model: options.model, ...(lan === true ? {} : lan) });
  const targets = sagemaker === undefined ? [] : [sageMakerTarget(sagemaker, options, process.env)];
  const rest = { ...others, cloud, targets: [...(others.targets ?? []), ...house, ...targets] };
  return createFetchClient(
    local === false ? rest : { ...rest, local: localEngineOf(options.model, local, readAnywhere) },
  );
}
