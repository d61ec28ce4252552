import { createHash, createHmac } from "node:crypto";
import { request } from "node:http";
import type { AccessKey } from "../../src/index.ts";

/** Bodies in the aws-chunked framing, signed by hand: neither the server's code nor its signature library made them. */
export interface ChunkedUpload {
  readonly url: string;
  readonly key: AccessKey;
  readonly payload: string;
  readonly chunks: readonly Buffer[];
  readonly trailers?: Readonly<Record<string, string>>;
  /** Changes the framed body just before it is sent. */
  readonly tamper?: (body: Buffer) => Buffer;
}

export async function putChunked(upload: ChunkedUpload): Promise<{ status: number; text: string }> {
  const { url, key, payload, chunks, trailers = {} } = upload;
  const longDate = new Date().toISOString().replace(/[:-]|\.\d{3}/g, "");
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const { host, pathname } = new URL(url);
  const headers: Record<string, string> = {
    host,
    "x-amz-content-sha256": payload,
    "x-amz-date": longDate,
    "x-amz-decoded-content-length": String(size),
    ...(Object.keys(trailers).length > 0 ? { "x-amz-trailer": Object.keys(trailers).join(",") } : {}),
  };
  const scope = `${longDate.slice(0, 8)}/us-east-1/s3/aws4_request`;
  const names = Object.keys(headers).sort();
  const canonical = ["PUT", pathname, "", ...names.map((n) => `${n}:${headers[n]}`), "", names.join(";"), payload].join("\n");
  const signingKey = ["us-east-1", "s3", "aws4_request"].reduce(
    (secret, text) => createHmac("sha256", secret).update(text).digest(),
    createHmac("sha256", `AWS4${key.secretAccessKey}`).update(longDate.slice(0, 8)).digest(),
  );
  const sign = (text: string): string => createHmac("sha256", signingKey).update(text).digest("hex");
  const seed = sign(["AWS4-HMAC-SHA256", longDate, scope, sha256(canonical)].join("\n"));
  const authorization = `AWS4-HMAC-SHA256 Credential=${key.accessKeyId}/${scope}, SignedHeaders=${names.join(";")}, Signature=${seed}`;
  const framed = frame(upload, trailers, seed, `${longDate}\n${scope}`, sign);
  return send(url, { ...headers, authorization, "content-length": String(framed.length) }, framed);
}

function frame(
  { payload, chunks, tamper }: ChunkedUpload,
  trailers: Readonly<Record<string, string>>,
  seed: string,
  context: string,
  sign: (text: string) => string,
): Buffer {
  const isSigned = payload.startsWith("STREAMING-AWS4");
  const hasTrailer = payload.endsWith("-TRAILER");
  const parts: Buffer[] = [];
  let previous = seed;
  for (const chunk of [...chunks, Buffer.alloc(0)]) {
    if (isSigned) previous = sign(["AWS4-HMAC-SHA256-PAYLOAD", context, previous, sha256(""), sha256(chunk)].join("\n"));
    parts.push(Buffer.from(`${chunk.length.toString(16)}${isSigned ? `;chunk-signature=${previous}` : ""}\r\n`), chunk);
    if (chunk.length > 0) parts.push(Buffer.from("\r\n"));
  }
  if (hasTrailer) {
    const lines = Object.entries(trailers).map(([name, value]) => `${name}:${value}`);
    const text = lines.map((line) => `${line}\n`).join("");
    if (isSigned) lines.push(`x-amz-trailer-signature:${sign(["AWS4-HMAC-SHA256-TRAILER", context, previous, sha256(text)].join("\n"))}`);
    parts.push(Buffer.from(lines.map((line) => `${line}\r\n`).join("")));
  }
  const body = Buffer.concat([...parts, Buffer.from("\r\n")]);
  return tamper ? tamper(body) : body;
}

function send(url: string, headers: Record<string, string>, body: Buffer): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: "PUT", headers, agent: false }, (response) => {
      let text = "";
      response.on("data", (part: Buffer) => {
        text += part.toString();
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, text }));
    });
    call.on("error", reject);
    call.end(body);
  });
}

function sha256(content: string | Buffer): string {
  return createHash("sha256").update(content).digest("hex");
}
