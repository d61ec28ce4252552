import { checkRead } from "../core/conditions.ts";
import type { Description } from "../core/description.ts";
import { checksumHeaders, describingHeaders } from "../core/object-headers.ts";
import { type ByteRange, parseRange } from "../core/range.ts";
import { parameter } from "../core/target.ts";
import type { StoredObject } from "../disk/stored-object.ts";
import { absent, demand, type Exchange, type Reply } from "../exchange.ts";
import { textHeader } from "../identity.ts";

const overridable: readonly string[] = [
  "content-type",
  "content-language",
  "expires",
  "cache-control",
  "content-disposition",
  "content-encoding",
];

/** GET and HEAD of an object: whole, in part, or not at all where the client has it already. */
export async function getObject(exchange: Exchange): Promise<Reply> {
  demand(exchange, "get");
  const { target, services } = exchange;
  const object = await services.objects.open(target.bucket, target.key);
  if (!object) throw await absent(exchange, target.key);
  try {
    return answer(exchange, object);
  } catch (cause) {
    await object.close();
    throw cause;
  }
}

function answer(exchange: Exchange, object: StoredObject): Reply {
  const { headers } = exchange;
  const { description } = object;
  const conditions = {
    ifMatch: textHeader(headers, "if-match"),
    ifNoneMatch: textHeader(headers, "if-none-match"),
    ifModifiedSince: textHeader(headers, "if-modified-since"),
    ifUnmodifiedSince: textHeader(headers, "if-unmodified-since"),
  };
  const described = { ...describingHeaders(description), ...overrides(exchange) };
  if (checkRead(conditions, description) === "not-modified") {
    return { status: 304, headers: { etag: described.etag ?? "", "last-modified": described["last-modified"] ?? "" }, object };
  }
  const range = rangeOf(exchange, description);
  // Checksums are of the whole object and would be wrong for a part.
  const wantsChecksums = !range && textHeader(headers, "x-amz-checksum-mode")?.toUpperCase() === "ENABLED";
  const more = wantsChecksums ? checksumHeaders(description.checksums) : {};
  const length = range ? range.end - range.start + 1 : description.size;
  const reply = { status: range ? 206 : 200, headers: { ...described, ...more, ...rangeHeader(range, description) }, length, object };
  return exchange.method === "HEAD" ? reply : { ...reply, body: object.content(range) };
}

function rangeOf({ headers }: Exchange, description: Description): ByteRange | undefined {
  const ifRange = textHeader(headers, "if-range");
  if (ifRange !== undefined && ifRange !== `"${description.etag}"`) return undefined;
  return parseRange(textHeader(headers, "range"), description.size);
}

function rangeHeader(range: ByteRange | undefined, { size }: Description): Record<string, string> {
  return range ? { "content-range": `bytes ${range.start}-${range.end}/${size}` } : {};
}

/** `response-content-type=…` and the like: only for those who sign, as a link could otherwise turn an object into a page. */
function overrides({ target, identity }: Exchange): Record<string, string> {
  if (identity.accessKeyId === undefined) return {};
  const wanted = overridable.map((name) => [name, parameter(target, `response-${name}`)] as const);
  return Object.fromEntries(
    wanted.flatMap(([name, value]) => (value !== undefined && /^[\x20-\x7e]+$/.test(value) ? [[name, value]] : [])),
  );
}
