import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { QwqError } from "@qwq-fit/schema";
import { writeAtomic } from "../../cache/write-atomic.ts";

/** How far a deployment has come: kept, so that another run goes on where this one was cut off. */
export interface DeploymentState {
  readonly schemaVersion: 1;
  readonly region: string;
  readonly stackName: string;
  readonly kind: "deploy" | "destroy";
  /** Hash of template and parameters: another wish starts anew. */
  readonly wish: string;
  readonly changeSetName: string;
  /** CloudFormation does nothing twice under one token. */
  readonly token: string;
  /** "agreed": a person said yes; "executed": CloudFormation was told. */
  readonly phase: "agreed" | "executed";
  /** The stack's id, by which a deleted one can still be asked for. */
  readonly stackId: string | null;
}

/** Where {@link DeploymentState} is kept. */
export interface StateStore {
  readonly read: () => Promise<DeploymentState | null>;
  readonly write: (state: DeploymentState) => Promise<void>;
  readonly clear: () => Promise<void>;
}

function isState(value: unknown): value is DeploymentState {
  if (typeof value !== "object" || value === null) return false;
  const texts = ["region", "stackName", "kind", "wish", "changeSetName", "token", "phase"];
  return (
    "schemaVersion" in value &&
    value.schemaVersion === 1 &&
    texts.every(
      (key) => typeof Object.entries(value).find(([name]) => name === key)?.[1] === "string",
    )
  );
}

/** One file a stack and region: `deployments/<region>.<stack>.json` in the user's state directory. It holds no secrets. */
export function stateFile(stateDir: string, region: string, stackName: string): StateStore {
  const folder = join(stateDir, "deployments");
  const path = join(folder, `${region}.${stackName}.json`);
  return {
    read: async () => {
      let text: string;
      try {
        text = await readFile(path, "utf8");
      } catch (error) {
        if (error instanceof Error && "code" in error && error.code === "ENOENT") return null;
        throw error;
      }
      try {
        const value: unknown = JSON.parse(text);
        if (isState(value)) return value;
      } catch {
        // told below
      }
      throw new QwqError("invalid_configuration", `${path} is not a deployment's state`, {
        hint: "Remove it: the stack itself is asked how far it is.",
      });
    },
    write: async (state) => {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      await writeAtomic(path, `${JSON.stringify(state, null, 2)}\n`);
    },
    clear: () => rm(path, { force: true }),
  };
}
