/** What runtimes and the SDK's own decoder throw: anything else is the service's word. */
const RUNTIME_NAMES = /^(?:Error|TypeError|RangeError|SystemError|NetworkError|TimeoutError)$/;

/**
 * Our code for what broke a stream: SageMaker's exceptions inside it, frames whose checksum is wrong, a connection
 * that went away. By name, for the SDK's classes may come twice.
 */
export function codeOfBreak(error: unknown): string {
  const { name, message } = error instanceof Error ? error : { name: "Error", message: "" };
  if (name === "AbortError") return "aborted";
  if (name === "FrameError") return "protocol_error";
  if (name === "ModelStreamError") {
    const told: unknown = Reflect.get(Object(error), "ErrorCode");
    return told === "ModelInvocationTimeExceeded" ? "timeout" : "stream_interrupted";
  }
  if (!RUNTIME_NAMES.test(name)) return "upstream_error";
  // The SDK's decoder has no class of its own for these.
  if (/checksum|message length|too short/i.test(message)) return "protocol_error";
  return "stream_interrupted";
}
