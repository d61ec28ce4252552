import { sha256 } from "#platform";
import type { ReadOptions, ReadResult, Version } from "./port.ts";
import { hexOf } from "./s3-sign.ts";
import { StorageRemoteError, tooLarge } from "./storage-remote-error.ts";

/** What is sent. The web's `fetch` understands it as it is. */
export interface FetchRequest {
  readonly method: "GET" | "PUT" | "DELETE";
  readonly headers: Record<string, string>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal;
  readonly redirect: "manual";
  readonly cache: "no-store";
  readonly credentials: "omit";
  readonly referrerPolicy: "no-referrer";
}

/** What is needed of an answer: a subset of the web's `Response`. */
export interface FetchResponse {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | null;
}

/** The web's `fetch`, or anything that acts like it. */
export type Fetch = (url: string, request: FetchRequest) => Promise<FetchResponse>;

// `manual`: a redirect could lead signed requests, or a stranger's profile, anywhere. `no-store`: the port has its own
// conditions, and a cached answer would be an old one.
const ALWAYS = { redirect: "manual", cache: "no-store", credentials: "omit", referrerPolicy: "no-referrer" } as const;

export interface Request {
  readonly method: FetchRequest["method"];
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal | undefined;
}

/** Sends one request. Rejects with `unreachable`, or the signal's reason. */
export async function send(fetch: Fetch, { method, url, headers, body, signal }: Request): Promise<FetchResponse> {
  try {
    return await fetch(url, { ...ALWAYS, method, headers, ...(body && { body }), ...(signal && { signal }) });
  } catch (error) {
    throw unreachable(error, url, signal);
  }
}

/** What a broken connection is reported as: the signal's reason where it was aborted. */
export function unreachable(error: unknown, url: string, signal: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof StorageRemoteError) return error;
  const { host } = new URL(url);
  return new StorageRemoteError("unreachable", `The store ${host} cannot be reached; check the network and the address.`, { cause: error });
}

async function* chunksOf(body: NonNullable<FetchResponse["body"]>): AsyncGenerator<Uint8Array, void> {
  if (!("getReader" in body)) {
    yield* body;
    return;
  }
  // Not every browser can iterate over a stream.
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      yield value;
    }
  } finally {
    // Also closes the connection of a body that was not read to its end.
    await reader.cancel().catch(() => undefined);
  }
}

export interface BodyLimits {
  /** Bytes to leave out at the beginning. */
  readonly skip: number;
  /** No more than these are wanted; the rest is left unread. */
  readonly take: number;
  /** More than these, of those wanted, are refused: `too-large`. */
  readonly maxBytes: number;
}

/** The parts of a body, one behind the other in a buffer of the expected length: nothing is copied twice where that is right. */
class Gathering {
  readonly #most: number;
  #buffer: Uint8Array;
  #length = 0;

  constructor(expected: number, most: number) {
    this.#most = most;
    this.#buffer = new Uint8Array(expected);
  }

  /** Throws `too-large`. */
  add(part: Uint8Array): void {
    const needed = this.#length + part.length;
    if (needed > this.#most) throw tooLarge(this.#most);
    if (needed > this.#buffer.length) {
      const larger = new Uint8Array(Math.min(this.#most, Math.max(needed, 2 * this.#buffer.length)));
      larger.set(this.#buffer.subarray(0, this.#length));
      this.#buffer = larger;
    }
    this.#buffer.set(part, this.#length);
    this.#length = needed;
  }

  /** Bytes that nobody else holds, in a buffer of just their length. */
  whole(): Uint8Array {
    return this.#length === this.#buffer.length ? this.#buffer : this.#buffer.slice(0, this.#length);
  }
}

/**
 * Reads a body, and never holds more than `maxBytes` and one network block of it.
 * `declared` is what the answer says of the body's length, 0 where it says nothing: a hint, since a compressed body is longer.
 */
export async function readBody(body: FetchResponse["body"], { skip, take, maxBytes }: BodyLimits, declared = 0): Promise<Uint8Array> {
  const expected = Math.min(maxBytes, take, Math.max(0, declared - skip));
  const gathering = new Gathering(Number.isSafeInteger(expected) ? expected : 0, maxBytes);
  let at = 0;
  if (body !== null) {
    for await (const chunk of chunksOf(body)) {
      const part = chunk.subarray(Math.min(chunk.length, Math.max(0, skip - at)), Math.min(chunk.length, Math.max(0, skip + take - at)));
      at += chunk.length;
      gathering.add(part);
      // Not at the end just asked for: there the answer ends by itself, and its connection can be kept.
      if (at > skip + take) break;
    }
  }
  return gathering.whole();
}

// So much is read to keep a connection; a longer rest costs more than a new one.
const SHORT_REST = 65_536;

/** Gives up a body that nobody reads. */
export async function discard({ body }: FetchResponse): Promise<void> {
  if (body === null) return;
  if ("getReader" in body) {
    await body.cancel().catch(() => undefined);
    return;
  }
  let length = 0;
  try {
    for await (const chunk of body) {
      length += chunk.length;
      if (length > SHORT_REST) return;
    }
  } catch {
    // It broke off: there is nothing left to give up.
  }
}

/** The first bytes of an error's body as text. Rejects where the connection breaks before. */
export async function readText(response: FetchResponse, bytes: number): Promise<string> {
  return new TextDecoder().decode(await readBody(response.body, { skip: 0, take: bytes, maxBytes: bytes }));
}

const LOCAL = "sha256-";

/**
 * The version for a store that tells none (no `ETag`, or one hidden by CORS): made from the bytes themselves, so that equal
 * versions still mean equal bytes. `part` tells the range where `bytes` are not the whole.
 */
export async function localVersion(bytes: Uint8Array, part?: ReadOptions["range"]): Promise<Version> {
  const hex = hexOf(await sha256(bytes as Uint8Array<ArrayBuffer>));
  return `${LOCAL}${hex}${part === undefined ? "" : `-${part.offset}-${part.length}`}` as Version;
}

/** Whether `localVersion` made this version: no server knows it. */
export function isLocal(version: string | undefined): boolean {
  return version?.startsWith(LOCAL) ?? false;
}

/** The headers that carry what `read` was asked. */
export function readHeaders({ unless, range }: ReadOptions): Record<string, string> {
  return {
    ...(unless !== undefined && !isLocal(unless) && { "if-none-match": unless }),
    // `versionBeyondEnd` asks for no bytes at all, which no range header can say.
    ...(range && range.length > 0 && { range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
  };
}

/** The version in an answer's headers. A weak ETag counts as its strong form: such stores still change it with the content. */
export function versionIn(etag: string | null | undefined): Version | undefined {
  const text = etag?.trim().replace(/^W\//, "");
  return text !== undefined && /^[\x21-\x7e]{1,256}$/.test(text) ? (text as Version) : undefined;
}

/** The result of a 200 or 206 answer. */
export async function foundIn(response: FetchResponse, options: ReadOptions): Promise<ReadResult> {
  const { range, maxBytes, unless } = options;
  const declared = Number(response.headers.get("content-length") ?? 0);
  // 200 to a range: the store does not know ranges and sends the whole.
  const skip = range !== undefined && response.status === 200 ? range.offset : 0;
  const take = range?.length ?? Number.MAX_SAFE_INTEGER;
  if (range === undefined && declared > maxBytes) {
    await discard(response);
    throw tooLarge(maxBytes);
  }
  if (take === 0) await discard(response);
  const bytes = take === 0 ? new Uint8Array() : await readBody(response.body, { skip, take, maxBytes }, declared);
  const version = versionIn(response.headers.get("etag")) ?? (await localVersion(bytes, range));
  if (unless === version || (isLocal(unless) && unless === (await localVersion(bytes, range)))) return { kind: "unchanged" };
  return { kind: "found", bytes, version };
}
