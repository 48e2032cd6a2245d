import type { AwsCredentials, SageMaker, SageMakerTransport } from "@qwq-fit/sagemaker";
import { QwqError } from "@qwq-fit/schema";
import type { RouterConfig } from "../config/config.ts";
import type { RouterExtension } from "../extension.ts";
import type { RouterPorts } from "../ports.ts";
import { ISSUER_KEY_SECRET } from "./secret-names.ts";

/** Paths that AWS reads to check our tokens (OpenID Connect Discovery 1.0). */
const DISCOVERY = "/.well-known/openid-configuration";
const JWKS = "/.well-known/jwks.json";

/**
 * Nodes of the engine "sagemaker", and the issuer that their web identities name. The package behind it is loaded by
 * the first request to such a node: routers without one never load it.
 */
export function sageMakerExtension(
  config: Pick<RouterConfig, "nodes">,
  ports: RouterPorts,
  defaultCredentials?: () => Promise<AwsCredentials>,
): RouterExtension {
  let loaded: SageMaker | undefined;
  const load = async (): Promise<SageMaker> => {
    const { createSageMaker } = await import("@qwq-fit/sagemaker");
    loaded ??= createSageMaker({ ...ports, defaultCredentials });
    return loaded;
  };
  const issuer = issuerOf(config);
  return {
    name: "sagemaker",
    link: ({ name, sagemaker: input }) => {
      if (input === null) return null;
      let transport: SageMakerTransport | undefined;
      const told = (code: string, message: string): void =>
        ports.log({ event: "node_fault", node: name, code, message });
      return {
        transport: async (request) => {
          try {
            transport ??= (await load()).transport(input);
            const response = await transport(request);
            // The operator's to mend; callers are told less.
            if (response.status === 403) told("forbidden", "AWS refused the credentials");
            if (response.status === 404) told("unknown_model", "there is no such endpoint");
            return response;
          } catch (error) {
            if (QwqError.is(error)) told(error.code, error.message);
            throw error;
          }
        },
      };
    },
    ...(issuer === null ? {} : { routes: issuerRoutes(issuer, ports) }),
  };
}

interface Issuer {
  readonly address: string;
  readonly keySecret: string;
}

/** The issuer's two documents: public, as AWS must read them. */
function issuerRoutes(
  { address, keySecret }: Issuer,
  ports: Pick<RouterPorts, "secret">,
): NonNullable<RouterExtension["routes"]> {
  const documents = async () => {
    const { issuerDocuments } = await import("@qwq-fit/sagemaker");
    return issuerDocuments(address, ports.secret(keySecret) ?? "");
  };
  const headers = { "cache-control": "public, max-age=300" };
  return (app) => {
    app.get(DISCOVERY, async (c) => c.json((await documents()).discovery, 200, headers));
    app.get(JWKS, async (c) => c.json((await documents()).jwks, 200, headers));
  };
}

/** The issuer that the nodes' credentials name; null where none does. One router is one issuer. */
function issuerOf({ nodes }: Pick<RouterConfig, "nodes">): Issuer | null {
  for (const { sagemaker } of nodes) {
    const credentials = sagemaker?.credentials;
    if (credentials?.kind !== "web-identity") continue;
    return { address: credentials.issuer, keySecret: credentials.keySecret ?? ISSUER_KEY_SECRET };
  }
  return null;
}
