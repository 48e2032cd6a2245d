import { execFile, spawnSync } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, describe, expect, test } from "vitest";
import { answerSource } from "../support/answer-source.ts";
import { root } from "../support/repository.ts";
import { bodyOf, wholeOf } from "../support/sagemaker/container-bodies.ts";
import type { SageMakerFault } from "../support/sagemaker/sagemaker-fault.ts";
import { type SageMakerServer, startSageMaker } from "../support/sagemaker/sagemaker-server.ts";
import { KEY } from "../support/sagemaker/test-transport.ts";

const python = process.env["PYTHON"] ?? "python3";
const asked = spawnSync(python, ["-c", "import boto3; print(boto3.__version__)"], {
  encoding: "utf8",
});
// InvokeEndpointWithResponseStream came with boto3 1.28.
const [major = 0, minor = 0] = asked.status === 0 ? asked.stdout.trim().split(".").map(Number) : [];
const reason =
  asked.status !== 0
    ? "python3 has no boto3"
    : major > 1 || minor >= 28
      ? null
      : `boto3 ${major}.${minor} is too old`;

let server: SageMakerServer | undefined;
afterEach(async () => {
  await server?.close();
  server = undefined;
});

/** Endpoints by the fault they have. */
const FAULTS: Readonly<Record<string, SageMakerFault>> = {
  cold: { kind: "cold" },
  notready: { kind: "not-ready" },
  unavailable: { kind: "unavailable" },
  internal: { kind: "internal" },
  dependency: { kind: "dependency" },
  model: { kind: "model-error", status: 500 },
  timeout: { kind: "stream-timeout", at: 3 },
  broken: { kind: "stream-broken", at: 3 },
  inner: { kind: "stream-internal", at: 3 },
  checksum: { kind: "bad-checksum", at: 3 },
};

describe.skipIf(reason !== null)(
  `the server of these tests, asked by boto3${reason === null ? "" : ` (${reason})`}`,
  () => {
    test("is SageMaker to it: signatures, frames, exceptions", async () => {
      const source = answerSource(8);
      server = await startSageMaker({
        keys: [KEY],
        container: "sse",
        source,
        fault: ({ endpoint }) => FAULTS[endpoint] ?? { kind: "none" },
        cuts: () => ({ partBytes: 7, writeBytes: 53, lineEnd: "\n" }),
      });
      const script = join(root, "test", "support", "sagemaker", "boto-client.py");
      const { stdout } = await promisify(execFile)(
        python,
        [script, server.url, KEY.accessKeyId, KEY.secretAccessKey, ...Object.keys(FAULTS)],
        {
          env: { ...process.env, AWS_EC2_METADATA_DISABLED: "true", NO_PROXY: "*" },
          timeout: 100_000,
        },
      );
      const body = bodyOf("sse", source, 0, "\n");
      const seen = JSON.parse(stdout) as Readonly<Record<string, unknown>>;
      expect(seen).toMatchObject({
        whole: wholeOf("sse", source, 0),
        stream: [...body.head, ...body.tokens, ...body.end].join(""),
        native: [...body.head, ...body.tokens, ...body.end].join(""),
        native_wrong_key: 403,
        wrong_key: { error: "InvalidSignatureException", status: 403 },
        cold: { error: "ValidationError", status: 400 },
        notready: { error: "ModelNotReadyException", status: 429 },
        unavailable: { error: "ServiceUnavailable", status: 503 },
        internal: { error: "InternalFailure", status: 500 },
        dependency: { error: "InternalDependencyException", status: 530 },
        model: { error: "ModelError", status: 424, original: 500 },
        timeout: { stream_error: { Code: "ModelStreamError" } },
        broken: { stream_error: { Code: "ModelStreamError" } },
        inner: { stream_error: { Code: "InternalStreamFailure" } },
        checksum: { fault: "ChecksumMismatch" },
      });
      expect(server.refused).toHaveLength(2);
      expect(server.requests[1]).toMatchObject({
        route: "invoke",
        endpoint: "good",
        component: "part",
      });
    }, 120_000);
  },
);
