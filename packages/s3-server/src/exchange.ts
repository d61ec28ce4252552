import type { IncomingHttpHeaders } from "node:http";
import { type ReceivedBody, receiveBody } from "./body.ts";
import { type BodyPlan, planBody } from "./core/body-plan.ts";
import type { ProviderProfile } from "./core/profile.ts";
import { Refusal } from "./core/refusal.ts";
import { allows, type Grant, knows, type Right } from "./core/rights.ts";
import type { Target } from "./core/target.ts";
import { maxXmlBytes } from "./core/xml.ts";
import type { ObjectStore } from "./disk/object-store.ts";
import type { StoredObject } from "./disk/stored-object.ts";
import type { UploadStore } from "./disk/upload-store.ts";
import type { Identity } from "./identity.ts";
import type { ServerClock } from "./system-clock.ts";

/** An answer before it is sent. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array | AsyncIterable<Uint8Array>;
  /** Bytes of a stream; needed for a HEAD too. */
  readonly length?: number;
  /** Closed when the answer is through or broken off. */
  readonly object?: StoredObject;
}

/** The parts of a server that operations work with. */
export interface Services {
  readonly objects: ObjectStore;
  readonly uploads: UploadStore;
  readonly clock: ServerClock;
  readonly profile: ProviderProfile;
  readonly maxObjectBytes: number;
}

/** One authenticated request, as the operations see it. */
export interface Exchange {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly target: Target;
  readonly identity: Identity;
  /** The identity's grants, as the provider profile stretches them. */
  readonly grants: readonly Grant[];
  readonly services: Services;
  /** The raw body; reading it tells a waiting client to go on. */
  body(): AsyncIterable<Uint8Array>;
}

/** Most bytes of one PUT, as on S3. */
export const defaultMaxObjectBytes: number = 5 * 1024 ** 3;

/** @throws Refusal `AccessDenied`. */
export function demand(exchange: Exchange, right: Right, key: string = exchange.target.key): void {
  if (!allows(exchange.grants, right, exchange.target.bucket, key)) throw new Refusal("AccessDenied");
}

/** For calls on the whole bucket. @throws Refusal `AccessDenied`, `NoSuchBucket`. */
export async function demandBucket(exchange: Exchange, right: Right): Promise<void> {
  demand(exchange, right, "");
  await demandExisting(exchange);
}

/** @throws Refusal `NoSuchBucket`, or `AccessDenied` for those who have no business to know. */
export async function demandExisting({ grants, services, target }: Exchange): Promise<void> {
  if (!knows(grants, target.bucket)) throw new Refusal("AccessDenied");
  if (!(await services.objects.hasBucket(target.bucket))) throw new Refusal("NoSuchBucket", undefined, { BucketName: target.bucket });
}

/** What a reader gets for an object that is not there: whoever may not list must not learn which names exist (SPEC §3.3). */
export async function absent(exchange: Exchange, key: string): Promise<Refusal> {
  await demandExisting(exchange);
  const mayKnow = exchange.services.profile.missing === 404 || allows(exchange.grants, "list", exchange.target.bucket, key);
  return mayKnow ? new Refusal("NoSuchKey", undefined, { Key: key }) : new Refusal("AccessDenied");
}

/** Receives the content of an object or a part. @throws Refusal of `planBody` and `receiveBody`. */
export async function receiveContent(exchange: Exchange, sink: (bytes: Uint8Array) => Promise<void>): Promise<ReceivedBody> {
  const plan = planBody(exchange.headers, exchange.identity.payload, exchange.services.maxObjectBytes);
  if (plan.hasTrailer && exchange.services.profile.trailers === "411") throw new Refusal("MissingContentLength");
  return receivePlanned(exchange, plan, sink);
}

/** Receives a document of at most 2 MiB. @throws Refusal as above. */
export async function receiveXml(exchange: Exchange): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  const plan = planBody(exchange.headers, exchange.identity.payload, maxXmlBytes);
  await receivePlanned(exchange, plan, (bytes) => Promise.resolve(void parts.push(bytes)));
  return Buffer.concat(parts);
}

function receivePlanned(exchange: Exchange, plan: BodyPlan, sink: (bytes: Uint8Array) => Promise<void>): Promise<ReceivedBody> {
  return receiveBody(exchange.body(), plan, exchange.identity.chunks, sink);
}

export function xmlReply(body: string): Reply {
  return { status: 200, headers: { "content-type": "application/xml" }, body };
}
