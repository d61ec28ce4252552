/** S3's error codes that this server answers with, their HTTP status and their default sentence (SPEC §7). */
const refusals = {
  AccessDenied: [403, "Access Denied"],
  AuthorizationHeaderMalformed: [400, "The authorization header is malformed."],
  AuthorizationQueryParametersError: [400, "The query parameters of the presigned request are not valid."],
  BadDigest: [400, "A checksum you specified did not match what we received."],
  BadRequest: [400, "The request is not valid."],
  BucketAlreadyOwnedByYou: [409, "The bucket exists already and you own it."],
  BucketNotEmpty: [409, "The bucket you tried to delete is not empty."],
  EntityTooLarge: [400, "Your proposed upload exceeds the maximum allowed size."],
  EntityTooSmall: [400, "A part other than the last is smaller than 5 MiB."],
  IncompleteBody: [400, "The request body ended before the announced number of bytes."],
  InternalError: [500, "We encountered an internal error. Please try again."],
  InvalidAccessKeyId: [403, "The access key id you provided does not exist in our records."],
  InvalidArgument: [400, "An argument is not valid."],
  InvalidBucketName: [400, "The specified bucket name is not valid."],
  InvalidDigest: [400, "The Content-MD5 or checksum you specified is not valid."],
  InvalidPart: [400, "A specified part could not be found or its ETag did not match."],
  InvalidPartOrder: [400, "The list of parts was not in ascending order."],
  InvalidRange: [416, "The requested range is not satisfiable."],
  InvalidURI: [400, "The request URI could not be read."],
  KeyTooLongError: [400, "Your key is too long."],
  MalformedXML: [400, "The XML you provided was not well formed or did not validate."],
  MetadataTooLarge: [400, "Your metadata headers exceed the maximum allowed size."],
  MethodNotAllowed: [405, "The specified method is not allowed against this resource."],
  MissingContentLength: [411, "You must provide the Content-Length header."],
  NoSuchBucket: [404, "The specified bucket does not exist."],
  NoSuchCORSConfiguration: [404, "The CORS configuration does not exist."],
  NoSuchKey: [404, "The specified key does not exist."],
  NoSuchUpload: [404, "The specified multipart upload does not exist."],
  NotImplemented: [501, "This server does not implement what the request asks for."],
  PreconditionFailed: [412, "At least one of the preconditions you specified did not hold."],
  RequestTimeTooSkewed: [403, "The difference between the request time and the server's time is too large."],
  SignatureDoesNotMatch: [403, "The request signature we calculated does not match the signature you provided."],
  SlowDown: [503, "Please reduce your request rate."],
  TooManyRequests: [429, "Reduce your rate of requests for the same object."],
  XAmzContentSHA256Mismatch: [400, "The provided 'x-amz-content-sha256' header does not match what was computed."],
} as const satisfies Record<string, readonly [number, string]>;

export type RefusalCode = keyof typeof refusals;

/**
 * A request answered with an S3 error. It never leaves the server as an exception: `respond.ts` makes it the answer. `fields` become
 * elements of the XML and must be safe to show to the client; the cause is never shown.
 */
export class Refusal extends Error {
  readonly code: RefusalCode;
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;

  constructor(code: RefusalCode, message?: string, fields: Readonly<Record<string, string>> = {}, cause?: unknown) {
    super(message ?? refusals[code][1], cause === undefined ? undefined : { cause });
    this.name = "Refusal";
    this.code = code;
    this.status = refusals[code][0];
    this.fields = fields;
  }
}
