import { checkNodeToken, type NodeProof } from "@qwq-fit/tunnel";

/** Where nodes connect. */
export const CONNECT_PATH = "/v1/nodes/connect";

/** Who dials, by its token alone: nothing is asked of any store. Null where it proves nothing. */
export async function checkDial(
  authorization: string | null | undefined,
  host: string,
  secret: string,
  nowMs: number,
): Promise<NodeProof | null> {
  const token = /^Bearer ([\w.-]+)$/.exec(authorization ?? "")?.[1];
  if (token === undefined) return null;
  const verdict = await checkNodeToken(secret, token, host, nowMs);
  return verdict.ok ? verdict.proof : null;
}
