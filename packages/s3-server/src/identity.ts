import { timingSafeEqual } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { SignatureV4 } from "@smithy/signature-v4";
import { Refusal } from "./core/refusal.ts";
import type { Grant, KeyRecord } from "./core/rights.ts";
import { parameter, type Target } from "./core/target.ts";
import type { KeyRing } from "./key-ring.ts";
import { Sha256 } from "./sha256.ts";

/** Who sends a request, proved by its signature, and what it says of its body. */
export interface Identity {
  /** Undefined: nobody in particular. */
  readonly accessKeyId: string | undefined;
  readonly grants: readonly Grant[];
  /** `x-amz-content-sha256`: a hex hash, `UNSIGNED-PAYLOAD` or a `STREAMING-…` framing. */
  readonly payload: string;
  /** For signed chunks. */
  readonly chunks: ChunkSigning | undefined;
}

export interface ChunkSigning {
  /** The signature of the headers, from which the chain of chunk signatures starts. */
  readonly seed: string;
  /** `date LF scope`, as in the strings to sign. */
  readonly context: string;
  sign(stringToSign: string): Promise<string>;
}

interface Claim {
  readonly accessKeyId: string;
  readonly day: string;
  readonly region: string;
  readonly longDate: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** Seconds; only of presigned requests. */
  readonly expires: number | undefined;
}

export interface SignedRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly target: Target;
}

const algorithm = "AWS4-HMAC-SHA256";
const maxSkewMs = 15 * 60 * 1000;
const maxExpires = 604_800;
const authorizationParameters: readonly string[] = ["Algorithm", "Credential", "Date", "Expires", "SignedHeaders", "Signature"].map(
  (n) => `X-Amz-${n}`,
);

/** The key id that a request claims, unproved: for the log. */
export function claimedKeyId(request: SignedRequest): string | undefined {
  const header = /Credential=([^,/\s]{1,128})\//.exec(request.headers.authorization ?? "")?.[1];
  const query = request.target.query["X-Amz-Credential"];
  return header ?? (typeof query === "string" ? query.split("/")[0]?.slice(0, 128) : undefined);
}

/**
 * Checks the signature of a request (SPEC §4.2 to 4.4) by signing it again with the stored secret.
 * @throws Refusal `InvalidAccessKeyId`, `SignatureDoesNotMatch`, `RequestTimeTooSkewed`, `AccessDenied`, …
 */
export async function identify(request: SignedRequest, keys: KeyRing, now: number): Promise<Identity> {
  const isPresigned = request.target.query["X-Amz-Algorithm"] !== undefined;
  const header = request.headers.authorization;
  if (header === undefined && !isPresigned) {
    const payload = textHeader(request.headers, "x-amz-content-sha256") ?? "UNSIGNED-PAYLOAD";
    return { accessKeyId: undefined, grants: await keys.anonymous(), payload, chunks: undefined };
  }
  if (header !== undefined && isPresigned) throw new Refusal("BadRequest", "Only one way of authorization is allowed.");
  const claim = header === undefined ? claimOfQuery(request.target) : claimOfHeader(header, request.headers);
  checkTime(claim, now);
  checkSignedHeaders(claim, request.headers);
  const key = await keys.find(claim.accessKeyId);
  if (!key) throw new Refusal("InvalidAccessKeyId");
  const payload = payloadOf(request, isPresigned);
  const date = claim.signedHeaders.includes("date") ? textHeader(request.headers, "date") : undefined;
  const signer = new Signer(key, claim.region, date);
  const expected = isPresigned ? await presignAgain(request, claim, payload, signer) : await signAgain(request, claim, signer);
  if (!sameText(expected, claim.signature)) throw new Refusal("SignatureDoesNotMatch");
  return { accessKeyId: key.accessKeyId, grants: key.grants, payload, chunks: chunkSigning(claim, signer) };
}

function claimOfHeader(header: string, headers: IncomingHttpHeaders): Claim {
  const found = /^AWS4-HMAC-SHA256\s+(.*)$/s.exec(header);
  if (!found) throw new Refusal("AuthorizationHeaderMalformed", `Only ${algorithm} is supported.`);
  const pairs = (found[1] ?? "").split(",").map((f) => [f.slice(0, f.indexOf("=")).trim(), f.slice(f.indexOf("=") + 1).trim()] as const);
  const fields = new Map(pairs);
  // Of two credentials the log would name one and the check believe the other.
  if (fields.size !== pairs.length) throw new Refusal("AuthorizationHeaderMalformed");
  const longDate = textHeader(headers, "x-amz-date");
  if (longDate === undefined) throw new Refusal("AccessDenied", "A signed request needs the header x-amz-date.");
  const malformed = (): Refusal => new Refusal("AuthorizationHeaderMalformed");
  const claim = { ...scopeOf(fields.get("Credential"), malformed), longDate, expires: undefined };
  return checkClaim({ ...claim, ...signatureOf(fields.get("SignedHeaders"), fields.get("Signature"), malformed) }, malformed);
}

function claimOfQuery(target: Target): Claim {
  const malformed = (): Refusal => new Refusal("AuthorizationQueryParametersError");
  if (parameter(target, "X-Amz-Algorithm") !== algorithm) throw malformed();
  const expires = parameter(target, "X-Amz-Expires") ?? "";
  if (!/^\d{1,7}$/.test(expires) || Number(expires) < 1 || Number(expires) > maxExpires) {
    throw new Refusal("AuthorizationQueryParametersError", "X-Amz-Expires must be 1 to 604800 seconds.");
  }
  const claim = {
    ...scopeOf(parameter(target, "X-Amz-Credential"), malformed),
    longDate: parameter(target, "X-Amz-Date") ?? "",
    expires: Number(expires),
  };
  const signature = signatureOf(parameter(target, "X-Amz-SignedHeaders"), parameter(target, "X-Amz-Signature"), malformed);
  return checkClaim({ ...claim, ...signature }, malformed);
}

function scopeOf(credential: string | undefined, malformed: () => Refusal): Pick<Claim, "accessKeyId" | "day" | "region"> {
  const parts = (credential ?? "").split("/");
  const [day = "", region = "", service, ending] = parts.slice(-4);
  if (parts.length < 5 || service !== "s3" || ending !== "aws4_request" || !/^[\w-]{1,64}$/.test(region)) throw malformed();
  return { accessKeyId: parts.slice(0, -4).join("/"), day, region };
}

function signatureOf(
  names: string | undefined,
  signature: string | undefined,
  malformed: () => Refusal,
): Pick<Claim, "signedHeaders" | "signature"> {
  const signedHeaders = (names ?? "").split(";");
  if (!/^[0-9a-f]{64}$/.test(signature ?? "") || !signedHeaders.includes("host")) throw malformed();
  return { signedHeaders, signature: signature ?? "" };
}

function checkClaim(claim: Claim, malformed: () => Refusal): Claim {
  if (!/^\d{8}T\d{6}Z$/.test(claim.longDate) || Number.isNaN(timeOf(claim.longDate))) throw malformed();
  if (claim.longDate.slice(0, 8) !== claim.day) throw malformed();
  return claim;
}

function timeOf(longDate: string): number {
  return Date.parse(longDate.replace(/^(....)(..)(..)T(..)(..)(..)Z$/, "$1-$2-$3T$4:$5:$6Z"));
}

function checkTime(claim: Claim, now: number): void {
  const signed = timeOf(claim.longDate);
  const fields = { RequestTime: claim.longDate, ServerTime: new Date(now).toISOString() };
  if (claim.expires === undefined) {
    if (Math.abs(now - signed) > maxSkewMs) throw new Refusal("RequestTimeTooSkewed", undefined, fields);
    return;
  }
  if (signed - now > maxSkewMs) throw new Refusal("AccessDenied", "Request is not valid yet", fields);
  if (now > signed + claim.expires * 1000) throw new Refusal("AccessDenied", "Request has expired", fields);
}

/** What is not signed could be added by anyone on the way: every `x-amz-` header must be. */
function checkSignedHeaders(claim: Claim, headers: IncomingHttpHeaders): void {
  const isLoose = (name: string): boolean => name.startsWith("x-amz-") && !claim.signedHeaders.includes(name);
  const loose = Object.keys(headers).filter((name) => isLoose(name) && !(claim.expires !== undefined && name === "x-amz-content-sha256"));
  if (loose.length > 0) throw new Refusal("AccessDenied", "There were headers present in the request which were not signed");
}

function payloadOf({ headers, target }: SignedRequest, isPresigned: boolean): string {
  const header = textHeader(headers, "x-amz-content-sha256");
  if (isPresigned) return parameter(target, "X-Amz-Content-Sha256") ?? header ?? "UNSIGNED-PAYLOAD";
  if (header === undefined) throw new Refusal("BadRequest", "Missing required header for this request: x-amz-content-sha256");
  return header;
}

/** The library leaves a `Date` header out of what it signs, as it sends none; a client may have signed its own. */
class Signer extends SignatureV4 {
  readonly #date: string | undefined;

  constructor(key: KeyRecord, region: string, date: string | undefined) {
    const credentials = { accessKeyId: key.accessKeyId, secretAccessKey: key.secretAccessKey };
    super({ service: "s3", region, credentials, sha256: Sha256, uriEscapePath: false, applyChecksum: false });
    this.#date = date;
  }

  protected override createCanonicalRequest(request: Signable, headers: Record<string, string>, payload: string): string {
    return super.createCanonicalRequest(request, this.#date === undefined ? headers : { ...headers, date: this.#date }, payload);
  }
}

async function signAgain(request: SignedRequest, claim: Claim, signer: SignatureV4): Promise<string> {
  const signableHeaders = new Set(claim.signedHeaders);
  const again = await signer.sign(unsigned(request, claim), { signingDate: new Date(timeOf(claim.longDate)), signableHeaders });
  return /Signature=([0-9a-f]{64})$/.exec(again.headers.authorization ?? "")?.[1] ?? "";
}

async function presignAgain(request: SignedRequest, claim: Claim, payload: string, signer: SignatureV4): Promise<string> {
  const plain = unsigned(request, claim);
  const isHashSigned = claim.signedHeaders.includes("x-amz-content-sha256");
  // The library takes the payload's hash from this header; it is part of the canonical headers only if the client signed it.
  const again = await signer.presign(
    { ...plain, headers: { ...plain.headers, "x-amz-content-sha256": payload } },
    {
      signingDate: new Date(timeOf(claim.longDate)),
      expiresIn: claim.expires ?? 0,
      signableHeaders: new Set(claim.signedHeaders),
      unhoistableHeaders: new Set([...claim.signedHeaders, "x-amz-content-sha256"]),
      unsignableHeaders: new Set(isHashSigned ? [] : ["x-amz-content-sha256"]),
    },
  );
  const signature = again.query?.["X-Amz-Signature"];
  return typeof signature === "string" ? signature : "";
}

type Signable = Parameters<SignatureV4["presign"]>[0];

/** The request as it was before it was signed: only the signed headers, without the parameters that carry the signature. */
function unsigned({ method, headers, target }: SignedRequest, claim: Claim): Signable {
  const picked = claim.signedHeaders.flatMap((name) => {
    const value = textHeader(headers, name);
    return value === undefined ? [] : [[name, value] as const];
  });
  const isOwn = (name: string): boolean => claim.expires !== undefined && authorizationParameters.includes(name);
  const query = Object.fromEntries(Object.entries(target.query).filter(([name]) => !isOwn(name)));
  return { method, protocol: "http:", hostname: "", path: target.canonicalPath, query, headers: Object.fromEntries(picked) };
}

function chunkSigning(claim: Claim, signer: SignatureV4): ChunkSigning {
  const signingDate = new Date(timeOf(claim.longDate));
  return {
    seed: claim.signature,
    context: `${claim.longDate}\n${claim.day}/${claim.region}/s3/aws4_request`,
    sign: (text) => signer.sign(text, { signingDate }),
  };
}

/** In a time that does not tell how many characters are right. Both are 64 hex digits, else they differ openly. */
export function sameText(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}

export function textHeader(headers: IncomingHttpHeaders, name: string): string | undefined {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  return Array.isArray(value) ? value.join(",") : value;
}
