import type { Broadcast } from "@cweb/broadcast";
import type { CipherSuite } from "@cweb/crypto";
import type { CwebId, Discovery } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import type { Path } from "@cweb/storage-remote";
import { newPollState, type PollState, pollCodec } from "./core/schedule.ts";
import { type LiveSession, newSessionState, type SessionState } from "./core/state.ts";
import { type QueuedMessage, stateCodec } from "./core/state-codec.ts";
import type { KindRegistry } from "./kind-registry.ts";
import type { MessageOutcome } from "./layer.ts";
import { type SessionEvent, type SessionEventKind, sessionEventCodec } from "./wire/event.ts";

/** What every step of a session needs beside its records. */
export interface StepTools {
  readonly crypto: CipherSuite;
  readonly discovery: Discovery;
  readonly broadcast: Broadcast;
  readonly kinds: KindRegistry;
}

export interface ContactKey {
  readonly id: CwebId;
  readonly idBytes: Uint8Array;
}

/** A payload in the queue, and its place there. */
export interface Waiting extends QueuedMessage {
  readonly order: number;
}

export interface StoredRecord {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Names of one contact's records. Numbers are padded, so that names sort like them. */
export class RecordNames {
  readonly state: string;
  readonly poll: string;
  readonly sentPrefix: string;
  readonly queuePrefix: string;
  readonly idPrefix: string;
  readonly ownIdPrefix: string;
  readonly finishedIds: string;

  constructor(id: CwebId) {
    const root = `session/${id}`;
    this.state = `${root}/state`;
    this.poll = `${root}/poll`;
    this.sentPrefix = `${root}/sent/`;
    this.queuePrefix = `${root}/queue/`;
    this.idPrefix = `${root}/id/`;
    this.ownIdPrefix = `${root}/own-id/`;
    this.finishedIds = `${root}/finished-ids`;
  }

  sent(seq: number): string {
    return this.sentPrefix + seq.toString(16).padStart(8, "0");
  }
  queued(order: number): string {
    return this.queuePrefix + order.toString(16).padStart(14, "0");
  }
  /** A message id received in an earlier session. */
  id(messageId: Uint8Array): string {
    return this.idPrefix + hex(messageId);
  }
  /** A message id that the application gave. */
  ownId(messageId: Uint8Array): string {
    return this.ownIdPrefix + hex(messageId);
  }
}

export const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
export const orderIn = (name: string): number => Number.parseInt(name.slice(name.lastIndexOf("/") + 1), 16);

/**
 * One contact's state inside one transaction: read at the beginning, changed by the functions of the `step` folder, written once at the end.
 * What the network has to do afterwards is collected beside it.
 */
export class Draft {
  readonly tx: Transaction;
  readonly tools: StepTools;
  readonly contact: ContactKey;
  readonly names: RecordNames;
  state: SessionState;
  poll: PollState;
  /** Own objects that the peer misses, or that have waited long: to be looked at in the own bucket. */
  readonly repairs: Path[] = [];
  /** Whether names that were passed over are to be asked for in this round. */
  asksPending = false;
  /** Which unacknowledged objects are to be looked at in the own bucket. */
  checks: "none" | "oldest" | "all" = "none";
  readonly #changes = new Map<string, Uint8Array | null>();
  readonly #stateBefore: SessionState;
  readonly #pollBefore: PollState;

  constructor(tx: Transaction, tools: StepTools, contact: ContactKey) {
    this.tx = tx;
    this.tools = tools;
    this.contact = contact;
    this.names = new RecordNames(contact.id);
    const state = tx.get(this.names.state);
    const poll = tx.get(this.names.poll);
    this.state = this.#stateBefore = state ? stateCodec.decode(state) : newSessionState(tx.incarnation);
    this.poll = this.#pollBefore = poll ? pollCodec.decode(poll) : newPollState;
  }

  static reads(id: CwebId): readonly string[] {
    const names = new RecordNames(id);
    return [names.state, names.poll];
  }

  get(name: string): Uint8Array | undefined {
    return this.tx.get(name);
  }

  put(name: string, bytes: Uint8Array): void {
    this.#changes.set(name, bytes);
    this.tx.put(name, bytes);
  }

  remove(name: string): void {
    this.#changes.set(name, null);
    this.tx.remove(name);
  }

  /** The first records of a prefix, in order of names. A transaction's own scan would not see what this step has changed itself. */
  scan(prefix: string, options: { readonly after?: string; readonly limit: number }): readonly StoredRecord[] {
    const { after = "", limit } = options;
    const own = [...this.#changes].flatMap(([name, bytes]) => (bytes && name.startsWith(prefix) && name > after ? [{ name, bytes }] : []));
    const stored = this.tx.scan(prefix, options).filter(({ name }) => !this.#changes.has(name));
    if (own.length === 0) return stored;
    return [...stored, ...own].sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, limit);
  }

  set live(live: LiveSession | null) {
    this.state = { ...this.state, live };
  }

  get live(): LiveSession | null {
    return this.state.live;
  }

  /** For the inbox; what concerns a message of a layer above is for that layer. */
  report(kind: SessionEventKind, event: Partial<SessionEvent> = {}): void {
    if (event.channel === undefined && event.messageId && this.#tell(kind, event.messageId, event.number)) return;
    const body = {
      contact: this.contact.id,
      channel: "session",
      messageId: null,
      number: 0,
      sentAt: 0,
      detail: "",
      payload: new Uint8Array(),
      ...event,
    };
    this.tx.deliver({ kind, body: sessionEventCodec.encode(body) });
  }

  /** Answers whether the event belongs to a layer above. */
  #tell(kind: SessionEventKind, messageId: Uint8Array, number: number | undefined): boolean {
    const layer = number === undefined ? undefined : this.tools.kinds.layerOf(number);
    if (!layer) return false;
    if (isOutcome(kind)) layer.settle?.(this.tx, this.contact.id, messageId, kind);
    return isOutcome(kind) || kind === "recovered";
  }

  /** Writes what has changed. */
  save(): void {
    if (this.state !== this.#stateBefore) this.tx.put(this.names.state, stateCodec.encode(this.state));
    if (this.poll !== this.#pollBefore) this.tx.put(this.names.poll, pollCodec.encode(this.poll));
  }
}

const isOutcome = (kind: SessionEventKind): kind is MessageOutcome =>
  kind === "delivered" || kind === "undelivered" || kind === "unconfirmed";
