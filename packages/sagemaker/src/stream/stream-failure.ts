/**
 * Our code for what broke a stream: SageMaker's exceptions inside it, frames whose checksum is wrong, a connection
 * that went away. By name, for the SDK's classes may come twice.
 */
export function codeOfBreak(error: unknown): string {
  const name = error instanceof Error ? error.name : "";
  if (name === "AbortError") return "aborted";
  if (name === "ModelStreamError") {
    const told: unknown =
      typeof error === "object" && error !== null ? Reflect.get(error, "ErrorCode") : null;
    return told === "ModelInvocationTimeExceeded" ? "timeout" : "stream_interrupted";
  }
  if (name === "InternalStreamFailure") return "upstream_error";
  const message = error instanceof Error ? error.message : "";
  if (name === "FrameError" || /checksum|event message|message length/i.test(message))
    return "protocol_error";
  return "stream_interrupted";
}
