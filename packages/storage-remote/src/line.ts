/** One request's body, for as long as it is under way. */
export interface Transfer {
  readonly bytes: number;
  readonly begunAt: number;
  /** Bytes a second that were waited for when it began. */
  readonly pace: number;
  /** The most bytes that were under way together with it, its own included. */
  load: number;
}

/** Bodies longer than this tell something of the line, and share it; others are over at once, or fail for other reasons. */
const long = 65_536;
/** A line is waited for at a quarter of what it did of late. */
const margin = 4;
/** Bytes a second; waiting for more would call a short pause a failure. */
const fastest = 1_048_576;
/** How much slower than `slowest` a line may prove. */
const patience = 8;

/** What is known of the line behind one port: how many bytes a second all its transfers together must at least move. */
export class Line {
  readonly #slowest: number;
  readonly #active = new Set<Transfer>();
  #pace: number;

  constructor(slowest: number) {
    this.#slowest = slowest;
    this.#pace = slowest;
  }

  begin(bytes: number, now: number): Transfer {
    const transfer = { bytes, begunAt: now, pace: this.#pace, load: bytes };
    if (bytes <= long) return transfer;
    this.#active.add(transfer);
    const load = [...this.#active].reduce((sum, each) => sum + each.bytes, 0);
    for (const each of this.#active) each.load = Math.max(each.load, load);
    return transfer;
  }

  /** Milliseconds that the bytes may take: more once others share the line. */
  timeFor({ bytes, load, pace }: Transfer): number {
    return Math.ceil((bytes <= long ? bytes / this.#slowest : load / pace) * 1000);
  }

  arrived({ bytes, load, begunAt }: Transfer, now: number): void {
    if (bytes <= long) return;
    const rate = (load * 1000) / Math.max(1, now - begunAt);
    this.#pace = Math.min(Math.max(fastest, this.#slowest), Math.max(this.#slowest / patience, rate / margin));
  }

  /** What is late with others is late for the same reason: that counts once. */
  late({ bytes, pace }: Transfer): void {
    if (bytes > long && this.#pace >= pace) this.#pace = Math.max(this.#slowest / patience, pace / margin);
  }

  end(transfer: Transfer): void {
    this.#active.delete(transfer);
  }
}
