import { createHmac, hash } from "node:crypto";
import { type IncomingMessage, request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { release } from "@cweb/crypto";
import type { Fetch, FetchResponse } from "../fetch.ts";

/** Each part is good until the next one is asked for: then its memory is given back. */
async function* partsOf(incoming: IncomingMessage): AsyncGenerator<Uint8Array, void> {
  for await (const part of incoming as AsyncIterable<Uint8Array>) {
    yield part;
    release(part);
  }
}

function answerOf(incoming: IncomingMessage): FetchResponse {
  const get = (name: string): string | null => {
    const value = incoming.headers[name];
    return Array.isArray(value) ? value.join(", ") : (value ?? null);
  };
  return { status: incoming.statusCode ?? 0, headers: { get }, body: partsOf(incoming) };
}

/**
 * `fetch` over `node:http`: Node's own costs four times the processor time for a body of 1 MiB that goes out (bench/bodies.bench.ts), since it
 * copies it and makes a stream of it. Follows no redirects, asks for no compression, and shares Node's keep-alive connections.
 */
export const platformFetch: Fetch = (url, { method, headers, body, signal }) =>
  new Promise((resolve, reject) => {
    const request = url.startsWith("https:") ? requestHttps : requestHttp;
    const outgoing = request(url, { method, headers, ...(signal && { signal }) }, (incoming) => {
      const answer = answerOf(incoming);
      // A success before all of the body was taken is none yet: with the success, who lent the body may use its memory for something else.
      if (outgoing.writableFinished || answer.status >= 300) resolve(answer);
      else outgoing.once("finish", () => resolve(answer));
    });
    outgoing.once("close", () => reject(new Error("the connection was closed")));
    // Stays: a store may answer, and then break off what it does not want to read.
    outgoing.on("error", reject);
    outgoing.end(body);
  });

/** 32 bytes. On the calling thread: waking WebCrypto's costs more than to hash and sign a request. */
export async function sha256(bytes: Uint8Array): Promise<Uint8Array> {
  return hash("sha256", bytes, "buffer");
}

/** 32 bytes. */
export async function hmacSha256(key: Uint8Array, bytes: Uint8Array): Promise<Uint8Array> {
  return createHmac("sha256", key).update(bytes).digest();
}
