import type { GetObjectCommandOutput, S3Client, S3ClientConfig, S3ServiceException } from "@aws-sdk/client-s3";
import { foundIn, isLocal, localVersion, versionIn } from "./fetch.ts";
import type { RequestEvent } from "./meter.ts";
import type { Path, ReadOptions, ReadResult, RemoteLister, RemoteReader, RemoteWriter, WriteResult } from "./port.ts";
import type { S3Location } from "./profile.ts";
import { beyondEnd, checkRead, readPart } from "./range.ts";
import { readRefusal, refusalError, retryAfterOf, type S3Refusal, writeRefusal } from "./s3-answer.ts";
import { listPages } from "./s3-list.ts";
import { checkLocation, keyOf, storeName } from "./s3-place.ts";
import { conditionalWriter, type PutCondition, type PutContent } from "./s3-write.ts";
import { StorageRemoteError } from "./storage-remote-error.ts";

export interface S3SdkOptions {
  /** Told of the rare second request of one call (SPEC §5.1); `Meter.record` fits. */
  readonly onExtraRequest?: (event: RequestEvent) => void;
  /** The SDK's transport, to share its connections among several buckets. Default: one of its own, with keep-alive. */
  readonly requestHandler?: NonNullable<S3ClientConfig["requestHandler"]>;
}

type Sdk = typeof import("@aws-sdk/client-s3");

interface Loaded {
  readonly sdk: Sdk;
  readonly client: S3Client;
}

/** One bucket and key through the SDK, which is loaded by the first request. */
class SdkBucket {
  readonly location: S3Location;
  readonly store: string;
  readonly #options: S3SdkOptions;
  #loaded: Promise<Loaded> | undefined;

  constructor(location: S3Location, options: S3SdkOptions) {
    this.location = checkLocation(location);
    this.store = storeName(this.location);
    this.#options = options;
  }

  /** Runs one command. Rejects with the signal's reason, an `S3ServiceException`, or this package's error. */
  async send<T>(signal: AbortSignal | undefined, command: (sdk: Sdk, client: S3Client) => Promise<T>): Promise<T> {
    signal?.throwIfAborted();
    const { sdk, client } = await this.#load();
    try {
      signal?.throwIfAborted();
      return await command(sdk, client);
    } catch (error) {
      signal?.throwIfAborted();
      if (isService(error) || error instanceof StorageRemoteError) throw error;
      throw new StorageRemoteError("unreachable", `The store ${this.store} cannot be reached; check the network and the address.`, {
        cause: error,
      });
    }
  }

  /** Once; a failure is not kept, since a page that was offline may load the SDK later. */
  #load(): Promise<Loaded> {
    this.#loaded ??= this.#open().catch((cause: unknown) => {
      this.#loaded = undefined;
      const message = "The AWS SDK cannot be loaded; install @aws-sdk/client-s3, or take the back-end s3-lite, which needs no SDK.";
      throw new StorageRemoteError("unsupported", message, { cause });
    });
    return this.#loaded;
  }

  async #open(): Promise<Loaded> {
    const sdk = await import("@aws-sdk/client-s3");
    const { endpoint, region, pathStyle, credentials, putHeaders } = this.location;
    const client = new sdk.S3Client({
      endpoint,
      region,
      credentials,
      forcePathStyle: pathStyle,
      // Retrying is a wrapper's work, and every attempt must be counted.
      maxAttempts: 1,
      // Several stores refuse the checksum trailers that are the SDK's default.
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
      ...(this.#options.requestHandler && { requestHandler: this.#options.requestHandler }),
    });
    if (putHeaders !== undefined) client.middlewareStack.add(withPutHeaders(putHeaders), { step: "build", name: "cwebPutHeaders" });
    return { sdk, client };
  }
}

/** A middleware that puts headers onto PUTs. In the step `build`: before the signature is made, which must cover them. */
function withPutHeaders(headers: Readonly<Record<string, string>>) {
  return <A extends { readonly request: unknown }, R>(next: (args: A) => Promise<R>) =>
    (args: A): Promise<R> => {
      const request = args.request as { readonly method?: string; readonly headers?: Record<string, string> };
      if (request.method === "PUT" && request.headers) Object.assign(request.headers, headers);
      return next(args);
    };
}

function isService(error: unknown): error is S3ServiceException {
  const status = error instanceof Error && "$metadata" in error ? (error as S3ServiceException).$metadata.httpStatusCode : undefined;
  return status !== undefined && (error as S3ServiceException).$fault !== undefined && (status < 200 || status >= 300);
}

function refusalOf(error: S3ServiceException): S3Refusal {
  const status = error.$metadata.httpStatusCode ?? 0;
  // The SDK makes names of its own for answers without a code: they are no word of the store.
  const code = /^(?:Unknown|UnknownError|NotFound|Forbidden|\d+)$/.test(error.name) ? "" : error.name;
  return { status, code, retryAfter: retryAfterOf(error.$response?.headers["retry-after"]), cause: error };
}

/** Treats the SDK's answer as the other back-ends treat fetch's. */
async function found(output: GetObjectCommandOutput, options: ReadOptions): Promise<ReadResult> {
  const headers = new Map<string, string | undefined>([
    ["etag", output.ETag],
    ["content-length", output.ContentLength?.toString()],
  ]);
  const body = output.Body === undefined ? null : output.Body.transformToWebStream();
  const status = output.ContentRange === undefined ? 200 : 206;
  return foundIn({ status, headers: { get: (name) => headers.get(name) ?? null }, body }, options);
}

/** Reads a bucket by exact name through the AWS SDK. Throws `bad-profile` for a location that is none. */
export function s3Reader(location: S3Location, options: S3SdkOptions = {}): RemoteReader {
  const bucket = new SdkBucket(location, options);
  const get = async (path: Path, read: ReadOptions): Promise<ReadResult | "beyond-end"> => {
    const { unless, range, signal } = read;
    const input = {
      Bucket: bucket.location.bucket,
      Key: keyOf(bucket.location, path),
      ...(unless !== undefined && !isLocal(unless) && { IfNoneMatch: unless }),
      ...(range && range.length > 0 && { Range: `bytes=${range.offset}-${range.offset + range.length - 1}` }),
    };
    try {
      return await bucket.send(signal, async (sdk, client) =>
        found(await client.send(new sdk.GetObjectCommand(input), { ...(signal && { abortSignal: signal }) }), read),
      );
    } catch (error) {
      if (!isService(error)) throw error;
      const refusal = refusalOf(error);
      return refusal.status === 416 ? beyondEnd(error.$response?.headers.etag) : readRefusal(refusal, bucket.store);
    }
  };
  return {
    async read(path: Path, read: ReadOptions): Promise<ReadResult> {
      read.signal?.throwIfAborted();
      checkRead(read);
      return readPart(path, read, get, options.onExtraRequest);
    },
  };
}

/** Writes a bucket by exact name through the AWS SDK. Throws `bad-profile` for a location that is none. */
export function s3Writer(location: S3Location, options: S3SdkOptions = {}): RemoteWriter {
  const bucket = new SdkBucket(location, options);
  const put = async (path: Path, { bytes, sha256 }: PutContent, condition: PutCondition, signal?: AbortSignal): Promise<WriteResult> => {
    const input = {
      Bucket: bucket.location.bucket,
      Key: keyOf(bucket.location, path),
      Body: bytes,
      ContentType: "application/octet-stream",
      ...(condition.ifNoneMatch && { IfNoneMatch: condition.ifNoneMatch }),
      ...(condition.ifMatch && { IfMatch: condition.ifMatch }),
    };
    try {
      const output = await bucket.send(signal, (sdk, client) => {
        const command = new sdk.PutObjectCommand(input);
        // The SDK's signer takes the hash that it finds.
        const hash = sha256 && withPutHeaders({ "x-amz-content-sha256": sha256 });
        if (hash) command.middlewareStack.add(hash, { step: "build", name: "cwebSha256" });
        return client.send(command, { ...(signal && { abortSignal: signal }) });
      });
      return { kind: "stored", version: versionIn(output.ETag) ?? (await localVersion(bytes)) };
    } catch (error) {
      if (!isService(error)) throw error;
      return writeRefusal(refusalOf(error), Object.keys(condition).length > 0, bucket.store);
    }
  };
  return {
    checksClock: true,
    // What the SDK does with a body after an early answer is not promised anywhere.
    write: conditionalWriter(put, "owned", options.onExtraRequest),
    async remove(path: Path, { signal }: { readonly signal?: AbortSignal } = {}): Promise<void> {
      const input = { Bucket: bucket.location.bucket, Key: keyOf(bucket.location, path) };
      try {
        await bucket.send(signal, (sdk, client) =>
          client.send(new sdk.DeleteObjectCommand(input), { ...(signal && { abortSignal: signal }) }),
        );
      } catch (error) {
        if (!isService(error)) throw error;
        const refusal = refusalOf(error);
        if (refusal.status !== 404 || refusal.code === "NoSuchBucket") throw refusalError(refusal, bucket.store);
      }
    },
  };
}

/** Lists a bucket's objects through the AWS SDK, one request for each 1,000. Names that are no paths are left out. */
export function s3Lister(location: S3Location, options: S3SdkOptions = {}): RemoteLister {
  const bucket = new SdkBucket(location, options);
  return {
    async list(wanted: { readonly after?: Path; readonly limit: number; readonly signal?: AbortSignal }): Promise<readonly Path[]> {
      const page = async (query: URLSearchParams, signal?: AbortSignal): Promise<{ keys: readonly string[]; next?: string }> => {
        const input = {
          Bucket: bucket.location.bucket,
          MaxKeys: Number(query.get("max-keys")),
          Prefix: query.get("prefix") ?? undefined,
          ContinuationToken: query.get("continuation-token") ?? undefined,
          StartAfter: query.get("start-after") ?? undefined,
        };
        try {
          const output = await bucket.send(signal, (sdk, client) =>
            client.send(new sdk.ListObjectsV2Command(input), { ...(signal && { abortSignal: signal }) }),
          );
          const keys = (output.Contents ?? []).flatMap(({ Key }) => (Key === undefined ? [] : [Key]));
          return { keys, ...(output.NextContinuationToken && { next: output.NextContinuationToken }) };
        } catch (error) {
          throw isService(error) ? refusalError(refusalOf(error), bucket.store) : error;
        }
      };
      return listPages(bucket.location.prefix, wanted, page, options.onExtraRequest);
    },
  };
}
