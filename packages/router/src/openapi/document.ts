import { CHAT_SCHEMAS } from "./chat-schemas.ts";
import { ref, type Schema, text } from "./json-schema.ts";
import { HEADERS, type Operation, OPERATIONS } from "./operations.ts";
import { OWN_SCHEMAS } from "./own-schemas.ts";

/** A route as the app has it. */
export interface Route {
  readonly method: string;
  /** With `:name` for what varies. */
  readonly path: string;
}

/** `:name` and `:name{pattern}` as OpenAPI writes them. */
const pathOf = (path: string): string => path.replaceAll(/:(\w+)(?:\{[^}]*\})?/g, "{$1}");

/** The operation's key in {@link OPERATIONS}. */
export const operationKey = ({ method, path }: Route): string => `${method} ${pathOf(path)}`;

const json = (schema: string): Schema => ({ "application/json": { schema: ref(schema) } });

/** Headers that every answer about an answer carries. */
const ANSWER_HEADERS = {
  "x-qwq-answer": {
    description: "Id of the answer, where it outlives its connection.",
    schema: text,
  },
};

function responsesOf(operation: Operation): Schema {
  const { answers, type, events, headers = [] } = operation;
  const streams = { "text/event-stream": { schema: text, "x-event-schema": events } };
  const told: Record<string, unknown> = Object.fromEntries(
    Object.entries(answers).map(([status, name]) => {
      const content =
        name === null
          ? type === undefined
            ? {}
            : { content: { [type]: { schema: text } } }
          : { content: json(name) };
      const kept = headers.length > 0 ? { headers: ANSWER_HEADERS } : {};
      return [status, { description: name ?? "No JSON.", ...kept, ...content }];
    }),
  );
  if (events !== undefined) {
    const whole = answers[200] === undefined || answers[200] === null ? {} : json(answers[200]);
    told["200"] = {
      description: "The answer, or its events.",
      headers: ANSWER_HEADERS,
      content: { ...whole, ...streams },
    };
  }
  return { ...told, default: { description: "What went wrong.", content: json("Error") } };
}

function operationOf(operation: Operation, path: string): Schema {
  const { id, summary, body, open = false, headers = [], query = [] } = operation;
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: "path",
      required: true,
      schema: text,
    })),
    ...query.map((name) => ({ name, in: "query", schema: text })),
    ...headers.map((name) => ({ name, in: "header", description: HEADERS[name], schema: text })),
  ];
  return {
    operationId: id,
    summary,
    ...(open ? { security: [] } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: json(body) } }),
    responses: responsesOf(operation),
  };
}

/** The OpenAPI 3.1 document of a router that has these routes. One that nobody described is left out. */
export function openApiDocument(routes: readonly Route[], address: string): Schema {
  const paths: Record<string, Record<string, Schema>> = {};
  for (const route of routes) {
    const operation = OPERATIONS[operationKey(route)];
    if (operation === undefined) continue;
    const path = pathOf(route.path);
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: operationOf(operation, path),
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "qwq-fit router",
      version: "1",
      description: "One OpenAI-compatible API in front of every node.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: address }],
    security: [{ bearer: [] }],
    paths,
    components: {
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "A key (`qf_…`), or an access token of `POST /v1/auth/token`.",
        },
      },
      schemas: { ...OWN_SCHEMAS, ...CHAT_SCHEMAS },
    },
  };
}
