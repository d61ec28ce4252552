import type { IncomingMessage, ServerResponse } from "node:http";
import { Refusal } from "./core/refusal.ts";
import { encodeXml } from "./core/xml.ts";
import { hasCode } from "./disk/durable.ts";
import type { Reply } from "./exchange.ts";
import { release } from "./release.ts";

/** Sends a whole answer. `sent` is called with the bytes of its body right before the last of them go out. */
export async function sendReply(
  response: ServerResponse,
  reply: Reply,
  headers: Record<string, string>,
  sent: (bytes: number) => void,
): Promise<void> {
  const body = typeof reply.body === "string" ? Buffer.from(reply.body, "utf8") : reply.body;
  const length = body instanceof Uint8Array ? body.length : (reply.length ?? 0);
  const all: Record<string, string> = { ...reply.headers, ...headers };
  // 204 and 304 have no length of their own.
  if (reply.status !== 204 && reply.status !== 304) all["content-length"] = String(length);
  response.writeHead(reply.status, all);
  if (body !== undefined && !(body instanceof Uint8Array)) {
    for await (const piece of body) {
      await written(response, piece);
      release(piece);
    }
    sent(length);
    await new Promise<void>((resolve) => response.end(resolve).once("close", resolve));
    return;
  }
  sent(body?.length ?? 0);
  await new Promise<void>((resolve) => response.end(body, resolve).once("close", resolve));
}

/** Resolves when the system has taken all of the bytes; rejects where the connection goes before. */
function written(response: ServerResponse, bytes: Uint8Array): Promise<void> {
  return new Promise((resolve, reject) => {
    const gone = (): void => reject(new Error("the connection was closed"));
    response.once("close", gone);
    response.write(bytes, (cause) => {
      response.off("close", gone);
      if (cause) reject(cause);
      else resolve();
    });
  });
}

/** Sends about half of an answer and breaks the connection: the provider profile `cut`. */
export function sendHalf(request: IncomingMessage, response: ServerResponse, reply: Reply): void {
  const body = typeof reply.body === "string" ? Buffer.from(reply.body, "utf8") : reply.body;
  if (body instanceof Uint8Array && body.length > 1) {
    response.writeHead(reply.status, { ...reply.headers, "content-length": String(body.length) });
    response.write(body.subarray(0, body.length >> 1), () => request.socket.destroy());
    return;
  }
  request.socket.destroy();
}

/** The answer to a request that failed: S3's XML, and never anything of our own inside. */
export function refusalReply(refusal: Refusal, resource: string, requestId: string): Reply {
  const { code, status, message, fields } = refusal;
  const body = encodeXml("Error", { Code: code, Message: message, ...fields, Resource: resource, RequestId: requestId });
  return { status, headers: { "content-type": "application/xml" }, body };
}

/** What the client is told of a failure of the server itself. */
export function refusalOf(cause: unknown): Refusal {
  if (cause instanceof Refusal) return cause;
  const isFull = hasCode(cause, "ENOSPC") || hasCode(cause, "EDQUOT");
  return isFull ? new Refusal("InternalError", "The server's disk is full.") : new Refusal("InternalError");
}
