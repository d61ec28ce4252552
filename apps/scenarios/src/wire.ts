import type { Random } from "@cweb/crypto";
import type { Fetch, FetchRequest } from "@cweb/storage-remote";

/** What one request shows to whoever carries or stores it. */
export interface Exchange {
  readonly method: FetchRequest["method"];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** The platform's fetch, which keeps all that is sent. */
export function wiretap(exchanges: Exchange[]): Fetch {
  return (url, request) => {
    const { method, headers, body = new Uint8Array() } = request;
    exchanges.push({ method, url, headers: { ...headers }, body: body.slice() });
    return globalThis.fetch(url, request);
  };
}

/** A random source that keeps what it gave. */
export function recordedRandom(inner: Random, given: Uint8Array[]): Random {
  return {
    bytes(length) {
      const bytes = inner.bytes(length);
      given.push(bytes.slice());
      return bytes;
    },
  };
}

const window = 16;

/** Secrets in raw bytes, of which no 16 bytes in a row may be seen anywhere. */
export class Secrets {
  /** By their first four bytes. */
  readonly #windows: Map<number, Map<string, string>> = new Map();

  /** Every 16 bytes of `secret` from here on count as secret. Regular ones (text, runs of one byte) do not: they could be met by chance. */
  add(secret: Uint8Array, about: string): void {
    for (let at = 0; at + window <= secret.length; at++) {
      const part = secret.subarray(at, at + window);
      if (new Set(part).size < 10 || part.every((byte) => byte >= 0x20 && byte < 0x7f)) continue;
      const first = new DataView(part.buffer, part.byteOffset).getUint32(0);
      const known = this.#windows.get(first) ?? new Map<string, string>();
      known.set(part.join(), about);
      this.#windows.set(first, known);
    }
  }

  get size(): number {
    return [...this.#windows.values()].reduce((sum, known) => sum + known.size, 0);
  }

  /** What of them stands in `bytes`. */
  foundIn(bytes: Uint8Array): readonly string[] {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const found = new Set<string>();
    for (let at = 0; at + window <= bytes.length; at++) {
      const known = this.#windows.get(view.getUint32(at));
      const about = known?.get(bytes.subarray(at, at + window).join());
      if (about !== undefined) found.add(about);
    }
    return [...found];
  }
}
