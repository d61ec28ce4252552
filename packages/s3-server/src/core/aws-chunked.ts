import { Refusal } from "./refusal.ts";

/** What comes out of an aws-chunked body, in order. `signature` is the hex text of the chunk's extension, if it had one. */
export type ChunkedEvent =
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "chunk-end"; readonly signature: string | undefined; readonly size: number }
  | { readonly kind: "trailer"; readonly name: string; readonly value: string }
  | { readonly kind: "end" };

const maxLine = 4096;
const maxTrailers = 16;
/** AWS's clients send 64 KiB to 1 MiB; a chunk's signature is known only at its end, so this bounds what is taken on trust meanwhile. */
const maxChunk: number = 5 * 1024 ** 3;

type Phase = "size" | "data" | "after-data" | "trailer" | "done";

/**
 * Takes the framing of `STREAMING-…` bodies apart (SPEC §4.5): `HEX[;chunk-signature=HEX]CRLF data CRLF …  0[;…]CRLF trailers CRLF`.
 * Incremental; keeps at most one line. @throws Refusal `BadRequest` for anything else.
 */
export class AwsChunkedDecoder {
  #phase: Phase = "size";
  #line = Buffer.alloc(0);
  #left = 0;
  #size = 0;
  #signature: string | undefined;
  #trailers = 0;

  /** The events that these bytes complete. Data events are views of `bytes`. */
  push(bytes: Uint8Array): ChunkedEvent[] {
    const events: ChunkedEvent[] = [];
    let rest = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    while (rest.length > 0) {
      if (this.#phase === "done") throw framing();
      rest = this.#phase === "data" ? this.#takeData(rest, events) : this.#takeLine(rest, events);
    }
    return events;
  }

  /** @throws Refusal `IncompleteBody` where the body ended before its last chunk did. */
  finish(): void {
    // Some clients leave out the empty line behind the last chunk.
    const bare = this.#phase === "trailer" && this.#line.length === 0;
    if (this.#phase !== "done" && !bare) throw new Refusal("IncompleteBody");
  }

  #takeData(rest: Buffer, events: ChunkedEvent[]): Buffer {
    const part = rest.subarray(0, this.#left);
    this.#left -= part.length;
    events.push({ kind: "data", bytes: part });
    if (this.#left === 0) this.#phase = "after-data";
    return rest.subarray(part.length);
  }

  #takeLine(rest: Buffer, events: ChunkedEvent[]): Buffer {
    const feed = rest.indexOf(10);
    const part = feed < 0 ? rest : rest.subarray(0, feed + 1);
    if (this.#line.length + part.length > maxLine) throw framing();
    this.#line = Buffer.concat([this.#line, part]);
    if (feed < 0) return Buffer.alloc(0);
    const text = this.#line.toString("latin1");
    this.#line = Buffer.alloc(0);
    if (!text.endsWith("\r\n")) throw framing();
    this.#readLine(text.slice(0, -2), events);
    return rest.subarray(part.length);
  }

  #readLine(line: string, events: ChunkedEvent[]): void {
    if (this.#phase === "size") this.#readSize(line, events);
    else if (this.#phase === "after-data") {
      if (line !== "") throw framing();
      this.#phase = "size";
      events.push({ kind: "chunk-end", signature: this.#signature, size: this.#size });
    } else if (line === "") {
      this.#phase = "done";
      events.push({ kind: "end" });
    } else this.#readTrailer(line, events);
  }

  #readTrailer(line: string, events: ChunkedEvent[]): void {
    const colon = line.indexOf(":");
    this.#trailers += 1;
    if (colon < 1 || this.#trailers > maxTrailers) throw framing();
    events.push({ kind: "trailer", name: line.slice(0, colon).trim().toLowerCase(), value: line.slice(colon + 1).trim() });
  }

  #readSize(line: string, events: ChunkedEvent[]): void {
    const found = /^([0-9a-fA-F]{1,10})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line);
    if (!found) throw framing();
    this.#size = Number.parseInt(found[1] ?? "", 16);
    this.#signature = found[2];
    if (this.#size > maxChunk) throw new Refusal("EntityTooLarge");
    this.#left = this.#size;
    this.#phase = this.#size === 0 ? "trailer" : "data";
    if (this.#size === 0) events.push({ kind: "chunk-end", signature: this.#signature, size: 0 });
  }
}

function framing(): Refusal {
  return new Refusal("BadRequest", "The aws-chunked body is malformed.");
}
