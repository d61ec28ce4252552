import type { CwebId } from "@cweb/discovery";
import type { FlushReport } from "@cweb/mailbox";
import type { BookEntry, Cancellable, ContactBook } from "./contact-book.ts";
import type { RequestTotals } from "./core/records.ts";
import { combine } from "./core/requests.ts";
import { notedHere } from "./inbox.ts";
import type { Layers } from "./layers.ts";
import type { ContactReport, Poller, Turn } from "./poller.ts";
import type { RequestLedger } from "./request-ledger.ts";
import { noRooms, type RoomsTurn, turnOfRooms } from "./room-turn.ts";
import type { SentMessage } from "./sender.ts";

export interface FlushResult {
  /** Messages that were queued before and are in the bucket now, each told once. */
  readonly published: readonly SentMessage[];
  /** Whether something that is due waits for the network, or for another process. */
  readonly pending: boolean;
  /** Why, where it was the own store's failure. */
  readonly failure?: unknown;
}

export interface PollOptions extends Cancellable {
  /** Ask for everything that could be due now, not for one object a contact. */
  readonly full?: boolean;
}

export interface PollReport extends FlushResult {
  readonly contacts: readonly ContactReport[];
  readonly rooms: RoomsTurn;
  /** Requests of this process since the last report. */
  readonly requests: RequestTotals;
}

export interface RoundParts {
  readonly layers: Layers;
  readonly book: ContactBook;
  readonly poller: Poller;
  readonly ledger: RequestLedger;
  /** Whether invitations to rooms are accepted as they come. */
  readonly accepts: boolean;
  /** Makes a contact of a member of a room. */
  readonly introduce: (card: string, cancel: Cancellable) => Promise<void>;
  /** Messages that a flush has published after they had been queued. */
  readonly settle: (report: FlushReport, cancel: Cancellable) => Promise<readonly SentMessage[]>;
  /** Begins what is to be done now and then beside the rounds. */
  readonly tidy: () => void;
  readonly publish: (cancel: Cancellable) => Promise<FlushReport>;
}

/** One round of a whole home: upload, ask each contact, upload what that caused. */
export class RoundRunner {
  readonly #parts: RoundParts;
  #reported: RequestTotals;
  /** The first round of a process is like one after a pause: a command that polls once must not miss what is waiting. */
  #woken = true;

  constructor(parts: RoundParts) {
    this.#parts = parts;
    this.#reported = parts.ledger.counted;
  }

  /** `onNews` is called whenever something may have come. */
  async run({ full = false, signal }: PollOptions, onNews: () => void): Promise<PollReport> {
    const cancel = signal ? { signal } : {};
    const { publish, settle, ledger, tidy } = this.#parts;
    const before = await publish(cancel);
    onNews();
    const all = full || this.#woken;
    const contacts = await this.#pollAll(full, onNews, signal);
    const rooms = await this.#pollRooms(all, onNews, signal);
    // A store that did not answer just now is asked again in the next round.
    const after = before.failure === undefined ? await publish(cancel) : before;
    if (after.failure === undefined) tidy();
    const published = await settle({ ...after, stored: [...before.stored, ...after.stored] }, cancel);
    const counted = ledger.counted;
    const requests = combine(counted, this.#reported, -1);
    this.#reported = counted;
    const { pending, failure } = after;
    return { contacts, rooms, published, pending, requests, ...(failure === undefined ? {} : { failure }) };
  }

  async #pollAll(full: boolean, onNews: () => void, signal: AbortSignal | undefined): Promise<readonly ContactReport[]> {
    const { book, poller } = this.#parts;
    const woken = this.#woken;
    const cancel = signal ? { signal } : {};
    const entries = await book.list(cancel);
    const isTroubled = ({ alarms }: BookEntry): boolean => alarms.some(({ code }) => code === "unreachable");
    // Those that did not answer last time come last: they keep nobody waiting.
    const order = [...entries].sort((a, b) => Number(isTroubled(a)) - Number(isTroubled(b)));
    const polled = order.map(({ id, name }) => ({
      id,
      name,
      poll: (stop: AbortSignal) => this.#pollOne(id, { full, woken, signal: stop }),
    }));
    this.#woken = false;
    const reports = await poller.all(polled, onNews, signal);
    for (const report of reports) await this.#settleAlarms(entries, report, cancel);
    return reports;
  }

  /** After the contacts, who bring keys of rooms and tell of messages. */
  async #pollRooms(all: boolean, onNews: () => void, signal: AbortSignal | undefined): Promise<RoomsTurn> {
    const poll = (stop: AbortSignal): Promise<RoomsTurn> => turnOfRooms(this.#parts, all, { signal: stop });
    try {
      return await this.#parts.poller.turn("rooms", poll, { onLate: onNews, signal });
    } catch (failure) {
      signal?.throwIfAborted();
      return { ...noRooms, failure };
    } finally {
      onNews();
    }
  }

  /** Messages first: they bring the keys of objects, and tell which have a new value. */
  async #pollOne(id: CwebId, { woken, ...options }: { full: boolean; woken: boolean; signal: AbortSignal }): Promise<Turn> {
    const { layers } = this.#parts;
    const round = await layers.session(id).poll({ woken, ...options });
    if (round.failure !== undefined) return { ...round, changed: 0 };
    const { gets, changed, failure } = await layers.objects.poll(id, { all: options.full || woken, signal: options.signal });
    return { heard: round.heard, gets: round.gets + gets, changed, ...(failure === undefined ? {} : { failure }) };
  }

  async #settleAlarms(entries: readonly BookEntry[], { id, failure, heard }: ContactReport, cancel: Cancellable): Promise<void> {
    const alarms = entries.find((entry) => entry.id === id)?.alarms ?? [];
    if (failure !== undefined || !alarms.some(({ isOwn, code }) => !isOwn && notedHere.includes(code))) return;
    await this.#parts.book.settle(
      id,
      ({ code, isOwn }) => !isOwn && (code === "unreachable" || (heard && notedHere.includes(code))),
      cancel,
    );
  }
}
