import type { WriteCondition } from "../core/conditions.ts";
import type { Description } from "../core/description.ts";
import { checksumHeaders, headersToKeep } from "../core/object-headers.ts";
import { Refusal } from "../core/refusal.ts";
import { allows } from "../core/rights.ts";
import { checkKey, isBucketName } from "../core/target.ts";
import { encodeXml } from "../core/xml.ts";
import type { PendingFile } from "../disk/pending-file.ts";
import { absent, demand, demandExisting, type Exchange, type Reply, receiveContent, xmlReply } from "../exchange.ts";
import { textHeader } from "../identity.ts";

/** Nothing is seen of the object before all of it was received, checked and written to the disk (SPEC §5.1). */
export async function putObject(exchange: Exchange): Promise<Reply> {
  demand(exchange, "put");
  await demandExisting(exchange);
  const condition = writeCondition(exchange);
  const headers = headersToKeep(exchange.headers);
  const { services } = exchange;
  const file = await services.objects.begin();
  try {
    const { md5, checksums } = await receiveContent(exchange, (bytes) => file.write(bytes));
    await store(exchange, file, condition, { etag: md5, headers, checksums });
    return { status: 200, headers: { etag: `"${md5}"`, ...checksumHeaders(checksums) } };
  } finally {
    await file.discard();
  }
}

/** Reads `x-amz-copy-source: /BUCKET/KEY` and writes its content under the target's name. */
export async function copyObject(exchange: Exchange): Promise<Reply> {
  demand(exchange, "put");
  await demandExisting(exchange);
  const { services, grants, headers } = exchange;
  const own = headersToKeep(headers);
  const from = sourceOf(textHeader(headers, "x-amz-copy-source") ?? "");
  if (!allows(grants, "get", from.bucket, from.key)) throw new Refusal("AccessDenied");
  const source = await services.objects.open(from.bucket, from.key);
  if (!source) throw await absent({ ...exchange, target: { ...exchange.target, ...from } }, from.key);
  const file = await services.objects.begin();
  try {
    for await (const bytes of pieces(source.content(undefined))) await file.write(bytes);
    const replaces = textHeader(headers, "x-amz-metadata-directive")?.toUpperCase() === "REPLACE";
    const { etag, checksums } = source.description;
    const kept = replaces ? own : source.description.headers;
    const stored = await store(exchange, file, writeCondition(exchange), { etag, headers: kept, checksums });
    const LastModified = new Date(stored.modified).toISOString();
    return xmlReply(encodeXml("CopyObjectResult", { LastModified, ETag: `"${etag}"` }));
  } finally {
    await source.close();
    await file.discard();
  }
}

/** What the provider profile makes of `If-Match` and `If-None-Match`. @throws Refusal `NotImplemented` with `condPut=501`. */
export function writeCondition({ headers, services }: Exchange): WriteCondition {
  const ifMatch = textHeader(headers, "if-match");
  const ifNoneMatch = textHeader(headers, "if-none-match");
  const { condPut, ifMatch: form } = services.profile;
  if (condPut === "ignored" || (ifMatch === undefined && ifNoneMatch === undefined)) return {};
  if (condPut === "501") throw new Refusal("NotImplemented", "A header you provided implies functionality that is not implemented.");
  return {
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(ifNoneMatch === undefined ? {} : { ifNoneMatch }),
    ...(form === undefined ? {} : { form }),
  };
}

type Described = Pick<Description, "etag" | "headers" | "checksums">;

/** Seals the file and puts it in the object's place. */
export async function store(exchange: Exchange, file: PendingFile, condition: WriteCondition, described: Described): Promise<Description> {
  const { services, target } = exchange;
  const sealed = await file.seal({ key: target.key, modified: services.clock.now(), ...described });
  await services.objects.commit(file, target.bucket, target.key, condition);
  return sealed;
}

/** The pieces of a content, whichever form it has. */
export async function* pieces(content: Uint8Array | AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  if (content instanceof Uint8Array) yield content;
  else yield* content;
}

/** @throws Refusal `InvalidArgument`, `NotImplemented` where a version is asked for: there is only the newest. */
function sourceOf(header: string): { bucket: string; key: string } {
  if (header.includes("?")) throw new Refusal("NotImplemented");
  let path: string;
  try {
    path = decodeURIComponent(header).replace(/^\//, "");
  } catch (cause) {
    throw new Refusal("InvalidArgument", undefined, { ArgumentName: "x-amz-copy-source" }, cause);
  }
  const slash = path.indexOf("/");
  const source = { bucket: path.slice(0, Math.max(slash, 0)), key: path.slice(slash + 1) };
  checkKey(source.key);
  if (!isBucketName(source.bucket) || source.key === "") {
    throw new Refusal("InvalidArgument", undefined, { ArgumentName: "x-amz-copy-source" });
  }
  return source;
}
