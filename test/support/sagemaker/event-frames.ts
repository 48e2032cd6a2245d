// AWS's event stream encoding (smithy.io, "Amazon Event Stream Specification"), written from the specification: the
// decoder under test is the SDK's.
import { crc32 } from "node:zlib";

/** One frame: headers of type string, payload, both checksums. */
export function encodeFrame(
  headers: Readonly<Record<string, string>>,
  payload: Uint8Array,
): Buffer {
  const parts = Object.entries(headers).map(([name, value]) => {
    const text = Buffer.from(value);
    const head = Buffer.alloc(1 + name.length + 3);
    head.writeUInt8(name.length, 0);
    head.write(name, 1);
    head.writeUInt8(7, 1 + name.length); // type 7: string
    head.writeUInt16BE(text.length, 2 + name.length);
    return Buffer.concat([head, text]);
  });
  const encoded = Buffer.concat(parts);
  const prelude = Buffer.alloc(12);
  prelude.writeUInt32BE(16 + encoded.length + payload.length, 0);
  prelude.writeUInt32BE(encoded.length, 4);
  prelude.writeUInt32BE(crc32(prelude.subarray(0, 8)), 8);
  const message = Buffer.concat([prelude, encoded, payload]);
  const end = Buffer.alloc(4);
  end.writeUInt32BE(crc32(message));
  return Buffer.concat([message, end]);
}

/** A `PayloadPart`: raw bytes, not JSON around base64 as Bedrock has it. */
export const payloadPart = (bytes: Uint8Array): Buffer =>
  encodeFrame(
    {
      ":event-type": "PayloadPart",
      ":content-type": "application/octet-stream",
      ":message-type": "event",
    },
    bytes,
  );

/** An exception of the service inside its stream. */
export const exceptionFrame = (type: string, body: object): Buffer =>
  encodeFrame(
    { ":exception-type": type, ":content-type": "application/json", ":message-type": "exception" },
    Buffer.from(JSON.stringify(body)),
  );

/** An error that the service has no name for. */
export const errorFrame = (code: string, message: string): Buffer =>
  encodeFrame(
    { ":error-code": code, ":error-message": message, ":message-type": "error" },
    new Uint8Array(0),
  );
