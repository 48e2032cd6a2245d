import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cloudFormationService } from "../../../packages/qwq-fit/src/deploy/stack/cloudformation-service.ts";
import { deployStack } from "../../../packages/qwq-fit/src/deploy/stack/deploy-stack.ts";
import type {
  DeployTools,
  Deployed,
  StackWish,
} from "../../../packages/qwq-fit/src/deploy/stack/deploy-stack.ts";
import { stateFile } from "../../../packages/qwq-fit/src/deploy/stack/deployment-state.ts";
import { destroyStack } from "../../../packages/qwq-fit/src/deploy/stack/destroy-stack.ts";
import type { Destroyed } from "../../../packages/qwq-fit/src/deploy/stack/destroy-stack.ts";
import type { CloudFormationSdk } from "../../../packages/qwq-fit/src/deploy/stack/load-sdk.ts";
import type { ResourceChange } from "../../../packages/qwq-fit/src/deploy/stack/stack-service.ts";
import { wishOf } from "../../../packages/qwq-fit/src/deploy/stack/stack-run.ts";
import { resolveTemplate } from "../../../packages/qwq-fit/src/deploy/stack/template-resources.ts";
import { read, root } from "../repository.ts";
import { KEY, startCloudFormation } from "./cloudformation-server.ts";
import type { CloudFormationServer } from "./cloudformation-server.ts";

const sdk = createRequire(join(root, "packages", "qwq-fit", "package.json"))(
  "@aws-sdk/client-cloudformation",
) as CloudFormationSdk;

export const STACK = "qwq-fit-ci";
const template = JSON.parse(read("infra/aws/templates/ci.json")) as { Resources: object };
/** The role that a workflow takes, as the template calls it. */
export const deployRole: string =
  Object.keys(template.Resources).find((id) => /^DeployRole[\dA-F]{8}$/u.test(id)) ?? "";
const wish = (environment: string): StackWish =>
  wishOf(
    "us-east-1",
    STACK,
    resolveTemplate(read("infra/aws/templates/ci.json"), {
      Repository: "a/b",
      Environment: environment,
    }),
    null,
  );

/** A server and a state folder for one test. */
export interface Bench {
  server: CloudFormationServer;
  readonly folder: string;
  readonly close: () => Promise<void>;
}

export async function openBench(): Promise<Bench> {
  const folder = mkdtempSync(join(tmpdir(), "qwq-fit-deploy-"));
  const bench: Bench = {
    server: await startCloudFormation(),
    folder,
    close: async () => {
      await bench.server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return bench;
}

export interface Run {
  readonly told: string[];
  readonly asked: (readonly ResourceChange[])[];
  readonly tools: DeployTools;
}

/** Tools of one run: a new process would begin so. */
export function startRun(
  { server, folder }: Bench,
  agrees: boolean,
  secret: string = KEY.secret,
): Run {
  const told: string[] = [];
  const asked: (readonly ResourceChange[])[] = [];
  const client = new sdk.CloudFormationClient({
    region: "us-east-1",
    endpoint: server.url,
    credentials: { accessKeyId: KEY.id, secretAccessKey: secret },
    // a request that was cut off is repeated by the client; here each failure ends the run
    maxAttempts: 1,
  });
  let ids = server.actions.length;
  const tools: DeployTools = {
    service: cloudFormationService(sdk, client),
    store: stateFile(folder, "us-east-1", STACK),
    newId: () => `id-${(ids += 1)}`,
    pause: () => Promise.resolve(),
    say: (text) => void told.push(text),
    tell: ({ logicalId, status }) => void told.push(`${logicalId} ${status}`),
    agree: (changes) => {
      asked.push(changes);
      return Promise.resolve(agrees);
    },
  };
  return { told, asked, tools };
}

export const deploy = (run: Run, environment: string = "production"): Promise<Deployed> =>
  deployStack(wish(environment), run.tools);

export const destroy = (run: Run): Promise<Destroyed> =>
  destroyStack(
    { region: "us-east-1", stackName: STACK, roleArn: null },
    { ...run.tools, agree: () => run.tools.agree([]) },
  );
