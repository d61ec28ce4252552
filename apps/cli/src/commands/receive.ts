import type { Peer, PeerEvent, PollReport } from "@cweb/client";
import { systemClock } from "@cweb/crypto";
import type { Context } from "../context.ts";
import { withPeer } from "../home.ts";
import type { Line } from "../line.ts";
import { messageContent } from "../message-content.ts";
import type { Output } from "../output.ts";
import { exitCodeOf, exitCodes, problemOf } from "../problem.ts";
import { isRoomNews, roomEventLine } from "../room-lines.ts";
import { valueLine } from "./object.ts";
import { profileLine } from "./profile.ts";

export interface ReceiveFlags {
  /** Seconds. */
  readonly timeout?: number;
  readonly watch?: true;
  /** Seconds. */
  readonly interval?: number;
  readonly full?: true;
}

/** Seconds between rounds: each one costs a GET a contact. */
const watchInterval = 15;
const timeoutInterval = 2;

export function receive(context: Context, flags: ReceiveFlags): Promise<number> {
  return withPeer(context, async (peer) => {
    const receiver = new Receiver(peer, context, flags);
    try {
      return await receiver.run();
    } catch (error) {
      // A watch ends by a signal; whatever was printed is acknowledged.
      if (context.signal.aborted && (flags.watch || flags.timeout !== undefined)) return exitCodes.done;
      throw error;
    }
  });
}

class Receiver {
  readonly #peer: Peer;
  readonly #output: Output;
  readonly #signal: AbortSignal;
  readonly #flags: ReceiveFlags;
  /** What was told last of each contact's failure, and of the own store's (""): a watch says it once. */
  readonly #told: Map<string, string> = new Map();
  #hasArrived = false;

  constructor(peer: Peer, { output, signal }: Context, flags: ReceiveFlags) {
    this.#peer = peer;
    this.#output = output;
    this.#signal = signal;
    this.#flags = flags;
  }

  async run(): Promise<number> {
    const { watch, timeout, full, interval = watch ? watchInterval : timeoutInterval } = this.#flags;
    const end = systemClock.now() + (timeout ?? 0) * 1000;
    for (let n = 1; ; n++) {
      const report = await this.#round(full === true && n === 1);
      await this.#tellFailures(report);
      if (watch) await this.#tellRound(n, report);
      const isLast = watch ? false : timeout === undefined || this.#hasArrived || systemClock.now() >= end;
      if (isLast) return this.#exitCode(report);
      const rest = watch ? Number.POSITIVE_INFINITY : Math.max(0, end - systemClock.now());
      await systemClock.sleep(Math.min(interval * 1000, rest), this.#signal);
    }
  }

  /** Events are shown as they come, and acknowledged once they have left this process: never before. */
  async #round(full: boolean): Promise<PollReport> {
    const round = this.#peer.round({ full, signal: this.#signal });
    let step = await round.next();
    try {
      for (; !step.done; step = await round.next()) await this.#show(step.value);
      return step.value;
    } finally {
      if (!step.done) await round.return(undefined as never).catch(() => undefined);
    }
  }

  async #show(events: readonly PeerEvent[]): Promise<void> {
    const shown: PeerEvent[] = [];
    try {
      for (const event of events) {
        await this.#output.line(lineOf(event));
        shown.push(event);
        this.#hasArrived ||= isArrival(event);
      }
    } finally {
      // Without the signal: what a person has seen must not come again because they pressed Ctrl-C.
      await this.#peer.acknowledge(shown);
    }
  }

  async #tellFailures({ contacts, rooms, failure }: PollReport): Promise<void> {
    await this.#tell("", failure, {});
    for (const { name, failure: reason } of contacts) await this.#tell(name, reason, { contact: name });
    // Of members who are contacts it was told just now.
    const others = rooms.failures.filter(({ member }) => contacts.every(({ name }) => name !== member));
    for (const { member, cause } of others) await this.#tell(member, cause, { contact: member });
    await this.#tell("rooms/", rooms.failure, {});
  }

  async #tell(whose: string, failure: unknown, about: Readonly<Record<string, unknown>>): Promise<void> {
    const code = failure === undefined ? "" : problemOf(failure).code;
    if (code !== "" && this.#told.get(whose) !== code) await this.#output.problem(failure, about);
    this.#told.set(whose, code);
  }

  async #tellRound(n: number, { requests }: PollReport): Promise<void> {
    const { get, put, delete: removed, list } = requests;
    await this.#output.line({ type: "round", n, requests: { get, put, delete: removed, list } });
  }

  /** One contact's failure is told and no more; that nothing at all could be reached is a failure. */
  #exitCode({ failure, contacts }: PollReport): number {
    if (failure === undefined || this.#hasArrived || contacts.some((contact) => contact.failure === undefined)) return exitCodes.done;
    return exitCodeOf(failure);
  }
}

/** What a person waits for; alarms and gaps alone are not it. */
function isArrival({ type }: PeerEvent): boolean {
  if (type.startsWith("room-")) return isRoomNews(type);
  return type !== "alarm" && type !== "gap" && type !== "undecryptable" && type !== "own-state-restored";
}

function lineOf(event: PeerEvent): Line {
  const again = event.redelivered ? { redelivered: true } : {};
  switch (event.type) {
    case "message": {
      const { type, kind, id, from, sentAt, room, position } = event;
      const inRoom = room === undefined ? {} : { room };
      return {
        type,
        kind,
        ...inRoom,
        id,
        from,
        ...messageContent(event),
        sentAt,
        ...(position === undefined ? {} : { position }),
        ...again,
      };
    }
    case "delivered":
      return { type: event.type, id: event.id, to: event.to, ...again };
    case "undelivered":
    case "unconfirmed":
      return { type: event.type, id: event.id, to: event.to, reason: event.reason, ...again };
    case "alarm": {
      const { type, contact, code, store, object, room, evidence, message } = event;
      const about = { ...(object === undefined ? {} : { object }), ...(room === undefined ? {} : { room }) };
      const proof = evidence ? { evidence: Buffer.from(evidence).toString("base64") } : {};
      return { type, contact, code, store, ...about, ...proof, message, ...again };
    }
    case "object":
      return { ...valueLine(event), ...again };
    case "profile":
      return { ...profileLine(event), ...again };
    case "session-started":
    case "session-reset":
    case "own-state-restored":
    case "gap":
    case "recovered":
    case "undecryptable":
    case "unsupported": {
      const { type, contact, id, room, message } = event;
      return { type, ...(id === undefined ? {} : { id }), contact, ...(room === undefined ? {} : { room }), message, ...again };
    }
    default:
      return { ...roomEventLine(event), ...again };
  }
}
