import type { Fetch, FetchRequest } from "../src/index.ts";

export interface FakeAnswer {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array<ArrayBuffer>>;
}

export interface Sent extends FetchRequest {
  readonly url: string;
}

/** Answers requests one after the other; the last answer stays. */
export function fakeFetch(...answers: readonly FakeAnswer[]): Fetch & { readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const fetch: Fetch = async (url, request) => {
    const { status, headers = {}, body = "" } = answers[Math.min(sent.length, answers.length - 1)] ?? { status: 500 };
    sent.push({ ...request, url });
    const empty = status === 204 || status === 304 || status === 0;
    const answer = new Response(empty ? null : body, { status: status === 0 ? 200 : status, headers });
    return { status, headers: answer.headers, body: answer.body };
  };
  return Object.assign(fetch, { sent });
}

export function s3Error(code: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>m</Message></Error>`;
}

export const location = {
  endpoint: "https://s3.example.org",
  region: "eu-central-1",
  bucket: "alice",
  prefix: "cweb/",
  pathStyle: true,
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI-K7MDENG-bPxRfiCYEXAMPLEKEY" },
} as const;
