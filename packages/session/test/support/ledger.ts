import type { SessionEvent } from "../../src/index.ts";
import type { TestPeer } from "./world.ts";

export class Violation extends Error {}

type Verdict = "delivered" | "undelivered" | "unconfirmed";

/** A message as the test knows it. */
interface Sent {
  readonly from: TestPeer;
  readonly to: TestPeer;
  readonly text: string;
  /** When it was first shown to some state of the recipient's home, also to one that was lost since. */
  shownAt: number | undefined;
  saidUndelivered: boolean;
}

/** What the application on one home remembers; goes back with the home when a backup is restored. */
export interface App {
  /** Messages that it was told are queued. */
  readonly asked: Set<string>;
  readonly shown: Set<string>;
  readonly verdicts: Map<string, Verdict>;
  inboxSeq: number;
}

const copyOf = (app: App): App => ({
  asked: new Set(app.asked),
  shown: new Set(app.shown),
  verdicts: new Map(app.verdicts),
  inboxSeq: app.inboxSeq,
});

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

/** What was sent, what was shown, what was reported; throws a `Violation` where these contradict each other (A1 to A4, M18). */
export class Ledger {
  /** Nothing is done to the messages: they are shown in order. */
  readonly #isOrdered: boolean;
  readonly #sent = new Map<string, Sent>();
  readonly #apps = new Map<TestPeer, App>();
  readonly #restoredAt = new Map<TestPeer, number>();
  readonly #lastShown = new Map<string, number>();

  constructor(peers: readonly TestPeer[], isOrdered: boolean) {
    this.#isOrdered = isOrdered;
    for (const peer of peers) this.#apps.set(peer, { asked: new Set(), shown: new Set(), verdicts: new Map(), inboxSeq: 0 });
  }

  app(peer: TestPeer): App {
    return this.#apps.get(peer) as App;
  }

  wasRestored(peer: TestPeer): boolean {
    return this.#restoredAt.has(peer);
  }

  backup(peer: TestPeer): App {
    return copyOf(this.app(peer));
  }

  restore(peer: TestPeer, app: App, now: number): void {
    this.#apps.set(peer, copyOf(app));
    this.#restoredAt.set(peer, now);
  }

  /** A message is about to be sent; answers its text. */
  write(from: TestPeer, to: TestPeer, id: Uint8Array): string {
    const text = `${from.index}>${to.index} ${this.#sent.size}`;
    this.#sent.set(hex(id), { from, to, text, shownAt: undefined, saidUndelivered: false });
    return text;
  }

  isQueued(from: TestPeer, id: Uint8Array): void {
    this.app(from).asked.add(hex(id));
  }

  /** What waited is forgotten with a removed contact, which the user was told. */
  forget(from: TestPeer, to: TestPeer): void {
    for (const [id, sent] of this.#sent) if (sent.from === from && sent.to === to) this.app(from).asked.delete(id);
  }

  take(peer: TestPeer, kind: string, event: SessionEvent, now: number): void {
    const id = event.messageId ? hex(event.messageId) : "";
    if (kind === "message") this.#takeMessage(peer, id, event, now);
    if (kind === "delivered" || kind === "undelivered" || kind === "unconfirmed") this.#takeVerdict(peer, id, kind);
  }

  /** The first that is neither delivered nor reported (A4). */
  open(): string | undefined {
    for (const [id, { from, text }] of this.#sent) {
      const { asked, verdicts } = this.app(from);
      if (asked.has(id) && !verdicts.has(id)) return text;
    }
    return undefined;
  }

  #takeMessage(peer: TestPeer, id: string, event: SessionEvent, now: number): void {
    const sent = this.#sent.get(id);
    const isRight = sent?.to === peer && event.contact === sent.from.discovery.identity.id;
    if (!isRight || new TextDecoder().decode(event.payload) !== sent.text) throw new Violation("M18 something is shown that was not sent");
    const { shown } = this.app(peer);
    // A sender that was restored sends again what its old state holds, and the recipient need not know it for ever.
    const mayRepeat = (this.#restoredAt.get(sent.from) ?? -1) >= (sent.shownAt ?? 0);
    if (shown.has(id) && !mayRepeat) throw new Violation(`A1 shown twice: ${sent.text}`);
    if (sent.saidUndelivered) throw new Violation(`A3 shown after "undelivered": ${sent.text}`);
    if (this.#isOrdered) this.#checkOrder(sent);
    shown.add(id);
    sent.shownAt ??= now;
  }

  #checkOrder({ from, to, text }: Sent): void {
    const direction = `${from.index}>${to.index}`;
    const number = Number(text.split(" ")[1]);
    if (number < (this.#lastShown.get(direction) ?? -1)) throw new Violation(`shown out of order: ${text}`);
    this.#lastShown.set(direction, number);
  }

  #takeVerdict(peer: TestPeer, id: string, verdict: Verdict): void {
    const sent = this.#sent.get(id);
    if (!sent || sent.from !== peer) throw new Violation("a verdict on something else");
    if (verdict === "delivered" && sent.shownAt === undefined) throw new Violation(`A2 false "delivered": ${sent.text}`);
    if (verdict === "undelivered") {
      if (sent.shownAt !== undefined) throw new Violation(`A3 "undelivered", but it was: ${sent.text}`);
      sent.saidUndelivered = true;
    }
    const { verdicts, asked } = this.app(peer);
    const earlier = verdicts.get(id);
    if (earlier && asked.has(id)) throw new Violation(`A3 "${earlier}", then "${verdict}": ${sent.text}`);
    verdicts.set(id, verdict);
  }
}
