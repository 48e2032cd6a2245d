export type { AgentLimits, AgentSession, SessionPorts } from "./agent/session.ts";
export { createAgentSession, DEFAULT_AGENT_LIMITS } from "./agent/session.ts";
export type { LocalExchange, LocalListener, LocalNode, LocalRequest } from "./agent/local-node.ts";
export { createFrameDecoder } from "./frames/decoder.ts";
export type { FrameDecoder } from "./frames/decoder.ts";
export {
  encodeFrame,
  FRAME,
  MOST_PAYLOAD_BYTES,
  SUBPROTOCOL,
  WINDOW_BYTES,
} from "./frames/frame.ts";
export type { Frame, FrameType } from "./frames/frame.ts";
export { issueCertificate, readCertificate, readPublicKey } from "./identity/certificate.ts";
export type { Certificate, PublicKey } from "./identity/certificate.ts";
export { createJoinCode, hashOfCode, readJoinCode } from "./identity/join-code.ts";
export { checkNodeToken } from "./identity/node-token.ts";
export type { NodeProof, TokenVerdict } from "./identity/node-token.ts";
export { createLink, MOST_GENERATIONS } from "./link/link.ts";
export type { Link, LinkPorts } from "./link/link.ts";
export { responseOf } from "./link/link-answer.ts";
export type { LinkAnswer } from "./link/link-answer.ts";
export type { LinkBody } from "./link/link-body.ts";
export type { TunnelRequest } from "./link/link-stream.ts";
export { readHello, readLoad, readModels } from "./node-report.ts";
export type { NodeHello, NodeLoad } from "./node-report.ts";
