import { platformFetch, sha256 as sha256Of } from "#platform";
import {
  discard,
  type Fetch,
  type FetchResponse,
  foundIn,
  localVersion,
  readHeaders,
  readText,
  send,
  unreachable,
  versionIn,
} from "./fetch.ts";
import type { Path, ReadOptions, ReadResult, RemoteLister, RemoteReader, RemoteWriter, WriteResult } from "./port.ts";
import type { S3Location } from "./profile.ts";
import { beyondEnd, checkRead, readPart } from "./range.ts";
import { errorCodeOf, readRefusal, refusalError, retryAfterOf, type S3Refusal, writeRefusal } from "./s3-answer.ts";
import { type ListPage, listPages, pageOf } from "./s3-list.ts";
import { bucketUrl, checkLocation, keyOf, type S3Options, storeName } from "./s3-place.ts";
import { createSigner, hexOf, type Unsigned } from "./s3-sign.ts";
import { conditionalWriter, type PutCondition, type PutContent } from "./s3-write.ts";
import { signingTime } from "./system-time.ts";

export type { S3Options } from "./s3-place.ts";

const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const ERROR_BYTES = 4096;

interface Outgoing {
  readonly method: "GET" | "PUT" | "DELETE";
  readonly url: string;
  readonly headers?: Record<string, string>;
  readonly body?: Uint8Array<ArrayBuffer>;
  /** Of the body, in hexadecimal. Computed where it is missing. */
  readonly sha256?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Signs and sends requests for one bucket and key. */
class SignedBucket {
  readonly location: S3Location;
  readonly store: string;
  readonly url: string;
  readonly #fetch: Fetch;
  readonly #sign: (request: Unsigned, at: Date) => Promise<Record<string, string>>;

  constructor(location: S3Location, options: S3Options) {
    this.location = checkLocation(location);
    this.store = storeName(this.location);
    this.url = bucketUrl(this.location);
    this.#fetch = options.fetch ?? platformFetch;
    this.#sign = createSigner(this.location.credentials, this.location.region);
  }

  objectUrl(path: Path): string {
    return `${this.url}/${keyOf(this.location, path)}`;
  }

  async send({ method, url, headers = {}, body, sha256, signal }: Outgoing): Promise<FetchResponse> {
    const hash = body === undefined ? EMPTY_SHA256 : (sha256 ?? hexOf(await sha256Of(body)));
    const signed = await this.#sign({ method, url, headers: { ...headers, "x-amz-content-sha256": hash } }, signingTime());
    signal?.throwIfAborted();
    return send(this.#fetch, { method, url, headers: signed, signal, ...(body && { body }) });
  }
}

/** Without its code a refusal may mean anything: one that is cut off in its body is a broken connection. */
async function refusalOf(response: FetchResponse, { url, signal }: Pick<Outgoing, "url" | "signal">): Promise<S3Refusal> {
  const retryAfter = retryAfterOf(response.headers.get("retry-after"));
  const text = await readText(response, ERROR_BYTES).catch((error: unknown) => {
    throw unreachable(error, url, signal);
  });
  return { status: response.status, code: errorCodeOf(text), retryAfter };
}

/** Reads a bucket by exact name with signed GETs. Throws `bad-profile` for a location that is none. */
export function s3LiteReader(location: S3Location, options: S3Options = {}): RemoteReader {
  const bucket = new SignedBucket(location, options);
  const get = async (path: Path, read: ReadOptions): Promise<ReadResult | "beyond-end"> => {
    const url = bucket.objectUrl(path);
    const response = await bucket.send({ method: "GET", url, headers: readHeaders(read), signal: read.signal });
    if (response.status === 200 || response.status === 206) {
      return foundIn(response, read).catch((error: unknown) => {
        throw unreachable(error, url, read.signal);
      });
    }
    const refusal = await refusalOf(response, { url, signal: read.signal });
    read.signal?.throwIfAborted();
    if (response.status === 416) return beyondEnd(response.headers.get("etag"));
    return readRefusal(refusal, bucket.store);
  };
  return {
    async read(path: Path, read: ReadOptions): Promise<ReadResult> {
      read.signal?.throwIfAborted();
      checkRead(read);
      return readPart(path, read, get, options.onExtraRequest);
    },
  };
}

/** Writes a bucket by exact name with signed PUTs and DELETEs. Throws `bad-profile` for a location that is none. */
export function s3LiteWriter(location: S3Location, options: S3Options = {}): RemoteWriter {
  const bucket = new SignedBucket(location, options);
  const put = async (path: Path, { bytes, sha256 }: PutContent, condition: PutCondition, signal?: AbortSignal): Promise<WriteResult> => {
    const headers = {
      "content-type": "application/octet-stream",
      ...bucket.location.putHeaders,
      ...(condition.ifNoneMatch && { "if-none-match": condition.ifNoneMatch }),
      ...(condition.ifMatch && { "if-match": condition.ifMatch }),
    };
    const url = bucket.objectUrl(path);
    const response = await bucket.send({ method: "PUT", url, headers, body: bytes, sha256, signal });
    if (response.status !== 200 && response.status !== 201 && response.status !== 204) {
      return writeRefusal(await refusalOf(response, { url, signal }), Object.keys(condition).length > 0, bucket.store);
    }
    await discard(response);
    return { kind: "stored", version: versionIn(response.headers.get("etag")) ?? (await localVersion(bytes)) };
  };
  return {
    checksClock: true,
    write: conditionalWriter(put, "lent", options.onExtraRequest),
    async remove(path: Path, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
      signal?.throwIfAborted();
      const url = bucket.objectUrl(path);
      const response = await bucket.send({ method: "DELETE", url, signal });
      if (response.status === 200 || response.status === 204) return discard(response);
      const refusal = await refusalOf(response, { url, signal });
      if (refusal.status !== 404 || refusal.code === "NoSuchBucket") throw refusalError(refusal, bucket.store);
    },
  };
}

/** Lists a bucket's objects, one signed request for each 1,000. Names that are no paths are left out. */
export function s3LiteLister(location: S3Location, options: S3Options = {}): RemoteLister {
  const bucket = new SignedBucket(location, options);
  const page = async (query: URLSearchParams, signal?: AbortSignal): Promise<ListPage> => {
    const url = `${bucket.url}?${query.toString()}`;
    const response = await bucket.send({ method: "GET", url, signal });
    if (response.status !== 200) throw refusalError(await refusalOf(response, { url, signal }), bucket.store);
    return pageOf(response).catch((error: unknown) => {
      throw unreachable(error, url, signal);
    });
  };
  return { list: (wanted) => listPages(bucket.location.prefix, wanted, page, options.onExtraRequest) };
}
