import { createHash, type Hash } from "node:crypto";
import { AwsChunkedDecoder, type ChunkedEvent } from "./core/aws-chunked.ts";
import type { BodyPlan } from "./core/body-plan.ts";
import { type ChecksumName, checkForm, checksumOfHeader, type RunningChecksum, startChecksum } from "./core/checksums.ts";
import { Refusal } from "./core/refusal.ts";
import { type ChunkSigning, sameText } from "./identity.ts";

/** What a body turned out to be, all checks passed. */
export interface ReceivedBody {
  /** Hex. */
  readonly md5: string;
  /** Base64, by algorithm: those that the client sent. */
  readonly checksums: Readonly<Record<string, string>>;
}

const emptySha256 = createHash("sha256").digest("hex");

/**
 * Reads a body to its end, hands the content to `sink` piece by piece and waits for it, and checks all that the plan promised.
 * @throws Refusal `IncompleteBody`, `BadDigest`, `XAmzContentSHA256Mismatch`, `SignatureDoesNotMatch`, `BadRequest`.
 */
export async function receiveBody(
  source: AsyncIterable<Uint8Array>,
  plan: BodyPlan,
  signing: ChunkSigning | undefined,
  sink: (bytes: Uint8Array) => Promise<void>,
): Promise<ReceivedBody> {
  const content = new Content(plan);
  const take = async (bytes: Uint8Array): Promise<void> => {
    content.update(bytes);
    await sink(bytes);
  };
  let trailers: ReadonlyMap<string, string> = new Map();
  if (plan.framing === "chunked") trailers = await receiveChunked(source, plan, signing, take);
  else for await (const bytes of source) await take(bytes);
  return content.finish(trailers);
}

async function receiveChunked(
  source: AsyncIterable<Uint8Array>,
  plan: BodyPlan,
  signing: ChunkSigning | undefined,
  take: (bytes: Uint8Array) => Promise<void>,
): Promise<ReadonlyMap<string, string>> {
  if (plan.isSigned && !signing) throw new Refusal("AccessDenied", "Signed chunks need a signed request.");
  const decoder = new AwsChunkedDecoder();
  const chain = plan.isSigned && signing ? new SignatureChain(signing) : undefined;
  const trailers = new Map<string, string>();
  const handle = async (event: ChunkedEvent): Promise<void> => {
    if (event.kind === "data") {
      chain?.update(event.bytes);
      await take(event.bytes);
    } else if (event.kind === "chunk-end") await chain?.checkChunk(event.signature);
    else if (event.kind === "trailer") addTrailer(trailers, event.name, event.value);
  };
  for await (const bytes of source) for (const event of decoder.push(bytes)) await handle(event);
  decoder.finish();
  if (plan.hasTrailer) await chain?.checkTrailer(trailers);
  else if (trailers.size > 0) throw new Refusal("BadRequest", "The body has a trailer that was not announced.");
  return trailers;
}

function addTrailer(trailers: Map<string, string>, name: string, value: string): void {
  if (trailers.has(name)) throw new Refusal("BadRequest", "A trailer is repeated.");
  trailers.set(name, value);
}

/** Each chunk's signature covers the one before it, so chunks can be neither changed, left out nor exchanged (SPEC §4.5). */
class SignatureChain {
  readonly #signing: ChunkSigning;
  #previous: string;
  #hash: Hash = createHash("sha256");

  constructor(signing: ChunkSigning) {
    this.#signing = signing;
    this.#previous = signing.seed;
  }

  update(bytes: Uint8Array): void {
    this.#hash.update(bytes);
  }

  async checkChunk(signature: string | undefined): Promise<void> {
    const hash = this.#hash.digest("hex");
    this.#hash = createHash("sha256");
    await this.#check(["AWS4-HMAC-SHA256-PAYLOAD", this.#signing.context, this.#previous, emptySha256, hash], signature);
  }

  async checkTrailer(trailers: ReadonlyMap<string, string>): Promise<void> {
    const signed = [...trailers].filter(([name]) => name !== "x-amz-trailer-signature");
    const text = signed.map(([name, value]) => `${name}:${value}\n`).join("");
    const hash = createHash("sha256").update(text, "latin1").digest("hex");
    const signature = trailers.get("x-amz-trailer-signature");
    await this.#check(["AWS4-HMAC-SHA256-TRAILER", this.#signing.context, this.#previous, hash], signature);
  }

  async #check(lines: readonly string[], signature: string | undefined): Promise<void> {
    const expected = await this.#signing.sign(lines.join("\n"));
    if (signature === undefined || !sameText(expected, signature)) throw new Refusal("SignatureDoesNotMatch");
    this.#previous = expected;
  }
}

/** Counts and hashes the content, and compares in the end. */
class Content {
  readonly #plan: BodyPlan;
  readonly #md5 = createHash("md5");
  readonly #sha256: Hash | undefined;
  readonly #checksums = new Map<ChecksumName, RunningChecksum>();
  #size = 0;

  constructor(plan: BodyPlan) {
    this.#plan = plan;
    this.#sha256 = plan.sha256 === undefined ? undefined : createHash("sha256");
    for (const name of [...plan.checksums.keys(), ...plan.trailers]) this.#checksums.set(name, startChecksum(name));
  }

  update(bytes: Uint8Array): void {
    this.#size += bytes.length;
    if (this.#size > this.#plan.size) throw new Refusal("BadRequest", "The body is longer than it was announced.");
    this.#md5.update(bytes);
    this.#sha256?.update(bytes);
    for (const checksum of this.#checksums.values()) checksum.update(bytes);
  }

  finish(trailers: ReadonlyMap<string, string>): ReceivedBody {
    const plan = this.#plan;
    if (this.#size !== plan.size) throw new Refusal("IncompleteBody");
    if (this.#sha256 && this.#sha256.digest("hex") !== plan.sha256) throw new Refusal("XAmzContentSHA256Mismatch");
    const md5 = this.#md5.digest();
    if (plan.md5 !== undefined && plan.md5 !== md5.toString("base64")) throw new Refusal("BadDigest");
    const promised = this.#promised(trailers);
    for (const [name, value] of promised) {
      if (this.#checksums.get(name)?.base64() !== value) throw new Refusal("BadDigest");
    }
    return { md5: md5.toString("hex"), checksums: Object.fromEntries(promised) };
  }

  /** What headers and trailer say the checksums are. A trailer that was announced must have come, and no other may. */
  #promised(trailers: ReadonlyMap<string, string>): Map<ChecksumName, string> {
    const promised = new Map(this.#plan.checksums);
    for (const name of this.#plan.hasTrailer ? this.#plan.trailers : []) {
      const value = trailers.get(`x-amz-checksum-${name}`);
      if (value === undefined) throw new Refusal("BadRequest", "A trailer that was announced is missing.");
      checkForm(name, value);
      promised.set(name, value);
    }
    for (const header of trailers.keys()) {
      const name = checksumOfHeader(header);
      if (name !== undefined && !promised.has(name)) throw new Refusal("BadRequest", "A trailer was not announced.");
    }
    return promised;
  }
}
