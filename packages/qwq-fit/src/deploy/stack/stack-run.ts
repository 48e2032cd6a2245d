import { createHash, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { CommandIo } from "../../command-io.ts";
import { EXIT } from "../../exit-code.ts";
import { askPerson } from "../../local/ask.ts";
import { stateDirOf } from "../../local/local-places.ts";
import { createTeller } from "../../local/teller.ts";
import type { Teller } from "../../local/teller.ts";
import type { StackOptions } from "../../options/deploy-options.ts";
import { confirmHere } from "../confirm.ts";
import { cloudFormationService } from "./cloudformation-service.ts";
import { deployStack } from "./deploy-stack.ts";
import type { DeployTools, StackWish } from "./deploy-stack.ts";
import { stateFile } from "./deployment-state.ts";
import { destroyStack } from "./destroy-stack.ts";
import { loadSdk } from "./load-sdk.ts";
import type { ResourceChange, StackEvent } from "./stack-service.ts";
import type { ResolvedTemplate } from "./template-resources.ts";

/** CloudFormation is asked this often while it works: its own tools ask every 5 s. */
const PAUSE_MS = 5000;
const PAUSE_VARIABLE = "QWQ_FIT_POLL_MS";

/** A wish with its hash, for a template that was resolved. */
export function wishOf(
  region: string,
  stackName: string,
  { body, parameters, needsIam }: ResolvedTemplate,
  roleArn: string | null,
): StackWish {
  const wish = { region, stackName, body, parameters, needsIam, roleArn };
  return { ...wish, hash: createHash("sha256").update(JSON.stringify(wish)).digest("hex") };
}

/** "AWS::SageMaker::Endpoint Endpoint" as a line. */
function eventText({ logicalId, type, status, reason }: StackEvent): string {
  return `${status.padEnd(28)}${type} ${logicalId}${reason === "" ? "" : ` (${reason})`}`;
}

function changeText({ action, logicalId, type, replacement }: ResourceChange): string {
  return `  ${action.padEnd(8)}${type} ${logicalId}${replacement === "True" ? ", replaced" : ""}`;
}

/** What the commands' tools are made of: AWS's client, the state file, a person. */
async function toolsFor(
  stackName: string,
  region: string,
  options: StackOptions,
  io: CommandIo,
): Promise<Omit<DeployTools, "agree"> & { readonly teller: Teller }> {
  const teller = createTeller(options.json === true, io);
  const ask = askPerson({ yes: options.confirm !== undefined, json: options.json === true });
  const sdk = await loadSdk(ask, io);
  const pauseMs = Number(io.environment[PAUSE_VARIABLE] ?? PAUSE_MS);
  return {
    teller,
    service: cloudFormationService(sdk, new sdk.CloudFormationClient({ region })),
    store: stateFile(stateDirOf(options.stateDir, io.environment), region, stackName),
    newId: randomUUID,
    pause: () => sleep(pauseMs),
    say: (text) => teller.event("note", { text }, text),
    tell: (event) => teller.event("resource", { ...event }, eventText(event)),
  };
}

/** Deploys a stack for a command: asks, goes on where it was cut off, tells each event. */
export async function runDeployment(
  wish: StackWish,
  question: string,
  options: StackOptions,
  io: CommandIo,
): Promise<number> {
  const confirm = confirmHere(options.confirm, options.json === true);
  const { teller, ...tools } = await toolsFor(wish.stackName, wish.region, options, io);
  const result = await deployStack(wish, {
    ...tools,
    agree: (changes) => {
      if (changes.length > 0) {
        const text = ["The stack is there. It would be changed:", ...changes.map(changeText)];
        teller.event("changes", { changes }, text.join("\n"));
      }
      return confirm(question, wish.stackName);
    },
  });
  if (result.kind === "declined") {
    teller.event("declined", {}, "Nothing was made.");
    return EXIT.fault;
  }
  const { status, outputs } = result.stack;
  const lines = Object.entries(outputs).map(([key, value]) => `  ${key}: ${value}`);
  const head = result.kind === "unchanged" ? "It is deployed as wanted already." : "Deployed.";
  teller.event(result.kind, { status, outputs }, [head, ...lines].join("\n"));
  return EXIT.fits;
}

/** Removes a stack for a command. */
export async function runRemoval(
  stackName: string,
  region: string,
  question: string,
  options: StackOptions,
  io: CommandIo,
): Promise<number> {
  const confirm = confirmHere(options.confirm, options.json === true);
  const { teller, ...tools } = await toolsFor(stackName, region, options, io);
  const where = { region, stackName, roleArn: options.roleArn ?? null };
  const result = await destroyStack(where, {
    ...tools,
    agree: (stack) => confirm(`${question} It is ${stack.status}.`, stackName),
  });
  const texts = {
    absent: `There is no stack ${stackName} in ${region}.`,
    declined: "Nothing was removed.",
    destroyed: `${stackName} is removed.`,
  };
  teller.event(result, { stackName, region }, texts[result]);
  return result === "declined" ? EXIT.fault : EXIT.fits;
}
