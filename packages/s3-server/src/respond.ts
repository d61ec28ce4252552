import type { IncomingMessage, ServerResponse } from "node:http";
import { type CorsRule, corsHeaders, permissiveRule, preflightHeaders } from "./core/cors.ts";
import { Refusal } from "./core/refusal.ts";
import { withReaderListing } from "./core/rights.ts";
import { bucketOfHost, parseTarget, type Target } from "./core/target.ts";
import type { Exchange, Reply, Services } from "./exchange.ts";
import type { Faults } from "./faults.ts";
import { claimedKeyId, identify, textHeader } from "./identity.ts";
import type { KeyRing } from "./key-ring.ts";
import { route } from "./route.ts";
import { refusalOf, refusalReply, sendHalf, sendReply } from "./send.ts";

/** One request, as the log tells it. */
export interface LogEntry {
  /** ISO 8601, UTC, when the request came. */
  readonly at: string;
  /** As claimed; null without one. */
  readonly accessKeyId: string | null;
  readonly method: string;
  readonly bucket: string;
  /** The object's name, decoded; empty for calls on a bucket. */
  readonly path: string;
  /** As sent, signatures blotted out. */
  readonly query: string;
  /** 0: the connection was cut before an answer. */
  readonly status: number;
  /** Bytes of the body received, framing included. */
  readonly bytesIn: number;
  /** Bytes of the body answered. */
  readonly bytesOut: number;
}

export interface RespondSettings {
  readonly services: Services;
  readonly keys: KeyRing;
  readonly faults: Faults;
  readonly cors: "any" | "bucket";
  /** Hosts `BUCKET.domain` name a bucket. */
  readonly domain: string;
  /** Milliseconds without a byte after which a connection is closed. */
  readonly idleTimeout: number;
  readonly newRequestId: () => string;
  readonly log: ((entry: LogEntry) => void) | undefined;
  /** Told of failures of the server itself, which the client learns nothing about. */
  readonly onFailure: ((cause: unknown) => void) | undefined;
}

interface Ending {
  readonly reply: Reply;
  readonly accessKeyId: string | undefined;
  readonly target: Target | undefined;
  readonly cut: "never" | "before" | "in-answer";
}

/** Answers one request whatever happens; never rejects. */
export async function respond(settings: RespondSettings, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const at = new Date(settings.services.clock.now()).toISOString();
  const requestId = settings.newRequestId();
  const counter = countBytes(request);
  const gone = new AbortController();
  response.once("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  const ending = await answer(settings, request, response, requestId, gone.signal);
  const { reply, target, cut } = ending;
  let logged = false;
  const log = (status: number, bytesOut: number): void => {
    if (logged || !settings.log) return;
    logged = true;
    const [bucket, path, query] = [target?.bucket ?? "", target?.key ?? "", target?.rawQuery ?? ""];
    const accessKeyId = ending.accessKeyId ?? null;
    try {
      settings.log({ at, accessKeyId, method: request.method ?? "", bucket, path, query, status, bytesIn: counter.bytes, bytesOut });
    } catch (cause) {
      settings.onFailure?.(cause);
    }
  };
  try {
    if (cut === "before") request.socket.destroy();
    else if (cut === "in-answer") sendHalf(request, response, reply);
    else {
      const date = new Date(settings.services.clock.now()).toUTCString();
      const headers = { date, "x-amz-request-id": requestId, ...(await crossOrigin(settings, request, target)) };
      request.socket.setTimeout(settings.idleTimeout);
      const bodiless = request.method === "HEAD" ? headReply(reply) : reply;
      await sendReply(response, bodiless, headers, (bytes) => log(reply.status, bytes));
    }
  } catch (cause) {
    if (!gone.signal.aborted) settings.onFailure?.(cause);
    request.socket.destroy();
  } finally {
    await reply.object?.close().catch(() => undefined);
    log(cut === "before" ? 0 : reply.status, 0);
  }
}

async function answer(
  settings: RespondSettings,
  request: IncomingMessage,
  response: ServerResponse,
  requestId: string,
  signal: AbortSignal,
): Promise<Ending> {
  let target: Target | undefined;
  let accessKeyId: string | undefined;
  let cut: Ending["cut"] = "never";
  try {
    target = parseTarget(request.url ?? "", bucketOfHost(request.headers.host, settings.domain));
    const signed = { method: request.method ?? "", headers: request.headers, target };
    accessKeyId = claimedKeyId(signed);
    if (signed.method === "OPTIONS") return { reply: await preflight(settings, request, target), accessKeyId, target, cut };
    await settings.faults.delay(signal);
    const identity = await identify(signed, settings.keys, settings.services.clock.now());
    const grants = settings.services.profile.reader === "get+list" ? withReaderListing(identity.grants) : identity.grants;
    const isWrite = signed.method !== "GET" && signed.method !== "HEAD";
    if (isWrite && target.key !== "") settings.faults.countWrite(target.bucket, target.key);
    cut = settings.faults.cut(isWrite);
    if (cut === "before") return { reply: { status: 0 }, accessKeyId, target, cut };
    const exchange: Exchange = { ...signed, identity, grants, services: settings.services, body: () => bodyOf(request, response) };
    return { reply: await route(exchange), accessKeyId, target, cut };
  } catch (cause) {
    if (!(cause instanceof Refusal) && !signal.aborted) settings.onFailure?.(cause);
    const resource = target ? `/${target.bucket}${target.key === "" ? "" : `/${target.key}`}` : "/";
    return { reply: refusalReply(refusalOf(cause), resource, requestId), accessKeyId, target, cut };
  }
}

/** Tells a client that waits for it (`Expect: 100-continue`) to send its body: only now, when it is known to be wanted. */
async function* bodyOf(request: IncomingMessage, response: ServerResponse): AsyncGenerator<Uint8Array> {
  if (request.headers.expect?.toLowerCase() === "100-continue") response.writeContinue();
  try {
    yield* request.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>;
    // From here on the client waits for us: joining a large upload may take longer than a client may be silent.
    request.socket.setTimeout(0);
  } catch (cause) {
    throw new Refusal("IncompleteBody", undefined, {}, cause); // the connection broke: nobody will read this answer
  }
}

function countBytes(request: IncomingMessage): { readonly bytes: number } {
  const before = request.socket.bytesRead;
  const announced = Number(request.headers["content-length"] ?? Number.NaN);
  return {
    get bytes() {
      if (request.complete && !Number.isNaN(announced)) return announced;
      return Math.max(0, request.socket.bytesRead - before);
    },
  };
}

/** The same without its body, but with its length. */
function headReply({ status, headers = {}, body, length = 0 }: Reply): Reply {
  const own = typeof body === "string" ? Buffer.byteLength(body) : body instanceof Uint8Array ? body.length : length;
  return { status, headers, length: own };
}

async function rulesOf(settings: RespondSettings, target: Target | undefined): Promise<readonly CorsRule[]> {
  const own = target && target.bucket !== "" ? await settings.services.objects.corsRules(target.bucket) : undefined;
  return own ?? (settings.cors === "any" ? [permissiveRule] : []);
}

async function crossOrigin(
  settings: RespondSettings,
  request: IncomingMessage,
  target: Target | undefined,
): Promise<Record<string, string>> {
  const origin = textHeader(request.headers, "origin");
  return origin === undefined ? {} : corsHeaders(await rulesOf(settings, target), origin, request.method ?? "");
}

async function preflight(settings: RespondSettings, request: IncomingMessage, target: Target): Promise<Reply> {
  const { headers } = request;
  const origin = textHeader(headers, "origin");
  const method = textHeader(headers, "access-control-request-method");
  if (origin === undefined || method === undefined)
    throw new Refusal("BadRequest", "A preflight needs Origin and Access-Control-Request-Method.");
  const requested = (textHeader(headers, "access-control-request-headers") ?? "").split(",").map((h) => h.trim());
  const names = requested.filter((h) => h !== "");
  const allowed = preflightHeaders(await rulesOf(settings, target), origin, method, names);
  if (!allowed) throw new Refusal("AccessDenied", "CORSResponse: This CORS request is not allowed.");
  return { status: 200, headers: allowed };
}
