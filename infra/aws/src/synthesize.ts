import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, LegacyStackSynthesizer } from "aws-cdk-lib";
import type { IStackSynthesizer, Stack, StackProps } from "aws-cdk-lib";
import { CiStack } from "./ci-stack.ts";
import { CONTAINERS } from "./container.ts";
import { EndpointStack } from "./endpoint-stack.ts";

/** No bootstrap is needed in the account: the templates have no assets. */
const templateProps = (): StackProps => {
  // CDK's own types do not hold with exactOptionalPropertyTypes
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- it is one
  const synthesizer = new LegacyStackSynthesizer() as IStackSynthesizer;
  return { synthesizer, analyticsReporting: false };
};

/** Every template by its name, with what makes it. */
export const TEMPLATES: Readonly<Record<string, (app: App) => Stack>> = {
  ...Object.fromEntries(
    CONTAINERS.map((container) => [
      `sagemaker-${container}`,
      (app: App): Stack => new EndpointStack(app, "QwqFitEndpoint", container, templateProps()),
    ]),
  ),
  ci: (app) => new CiStack(app, "QwqFitCi", templateProps()),
};

/** What is handed to {@link inApp}'s function. */
export interface Synthesized {
  readonly app: App;
  readonly stack: Stack;
}

/** An application with one stack, written to a folder that is removed again. */
export function inApp<Result>(name: string, use: (made: Synthesized) => Result): Result {
  const make = TEMPLATES[name];
  if (make === undefined) throw new RangeError(`no template is called ${name}`);
  const outdir = mkdtempSync(join(tmpdir(), "qwq-fit-cdk-"));
  try {
    const context = {
      "aws:cdk:version-reporting": false,
      "aws:cdk:enable-path-metadata": false,
      // what breaks CloudFormation's own rules is an error here already
      "@aws-cdk/core:validateAgainstDefaultRules": true,
    };
    const app = new App({ analyticsReporting: false, treeMetadata: false, outdir, context });
    const stack = make(app);
    return use({ app, stack });
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** A template's text as it is committed and shipped. */
export function templateText(name: string): string {
  return inApp(name, ({ app, stack }) => {
    const template: unknown = app.synth().getStackArtifact(stack.artifactId).template;
    return `${JSON.stringify(template, null, 1)}\n`;
  });
}
