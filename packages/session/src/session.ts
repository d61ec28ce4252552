import type { OneOffItem } from "@cweb/broadcast";
import { type CwebId, decodeId, type PeerDescriptor } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import { descriptorFreshFor, failuresBeforeAlarm, maxPayload, maxUnacked } from "./core/limits.ts";
import type { ContactKey, Draft } from "./draft.ts";
import { kinds } from "./kinds.ts";
import type { Cancellable, SessionOptions } from "./options.ts";
import { type PollOptions, Round, type RoundReport } from "./round.ts";
import { SessionError } from "./session-error.ts";
import { endSession, initiate, mayInitiate, wantsSession } from "./step/establish.ts";
import { holdOwnId, isOwnId } from "./step/own-ids.ts";
import { addRider } from "./step/riders.ts";
import { enqueue, forgetQueue, pump } from "./step/send.ts";
import { StepRunner } from "./step-runner.ts";
import type { Rider } from "./wire/body.ts";

export interface OutgoingMessage {
  /** A number of the registry that is accepted in sessions, such as `kinds.text.number`. */
  readonly kind: number;
  /** At most 56 KiB. */
  readonly payload: Uint8Array;
  /** 16 bytes. Sending the same id again sends nothing. Without one a random id is drawn. */
  readonly messageId?: Uint8Array;
}

export interface Queued {
  /** 16 bytes. */
  readonly messageId: Uint8Array;
  /** It was sent before: nothing was done. */
  readonly isRepeated: boolean;
}

export interface SessionStatus {
  readonly session: "none" | "initiated" | "established";
  /** Payloads not yet encrypted, for want of a session. */
  readonly queued: number;
  /** Messages encrypted and not acknowledged, initial ones included. */
  readonly unacknowledged: number;
  /** Messages of the peer that were passed over and have not come: their numbers. */
  readonly missing: readonly number[];
  /** When a message last came, in ms; 0: never. */
  readonly lastHeardAt: number;
  /** Since when the contact's storage has not answered, in ms, if it failed in several rounds in a row. */
  readonly unreachableSince: number | null;
}

/**
 * The conversation with one contact: it begins, resumes and ends sessions as needed, so that `send` and `poll` are all that is to be called.
 * State lives in the mailbox; any number of objects and processes may speak for the same contact.
 */
export class Session {
  readonly #options: SessionOptions;
  readonly #steps: StepRunner;

  /** Throws `SessionError` `unknown-contact` for what is not a Cweb Id. */
  constructor(id: CwebId, options: SessionOptions) {
    const idBytes = decodeId(id);
    if (!idBytes) throw new SessionError("unknown-contact", "this is not a Cweb Id");
    this.#options = options;
    this.#steps = new StepRunner({ id, idBytes }, options);
  }

  get contact(): ContactKey {
    return this.#steps.contact;
  }

  /**
   * Encrypts and queues a message; durable when it resolves. `Mailbox.flush` uploads it. Where there is no session yet, one is begun as soon as the
   * contact's descriptor is known. Throws `SessionError` `too-large`, `peer-away` (10,000 messages wait: retryable), `unsupported-kind`.
   */
  async send(message: OutgoingMessage, { signal }: Cancellable = {}): Promise<Queued> {
    this.#check(message);
    const sent = await this.#steps.step((draft) => put(draft, message), signal);
    await this.establish({ ...(signal ? { signal } : {}) });
    return sent;
  }

  /**
   * `send` as a part of the caller's step, so that both are committed or neither (SPEC §8.1). Call `establish` once it is: it encrypts what
   * waits. Several in one step keep their order. Not for a hook of a `SessionLayer`, which runs inside a step of this contact's already.
   */
  enqueue(tx: Transaction, message: OutgoingMessage): Queued {
    this.#check(message);
    return this.#steps.within(tx, (draft) => put(draft, message));
  }

  /** Records that `enqueue` and `addRider` look at, for `Mailbox.transact`: one load then serves a step for many contacts. */
  get reads(): readonly string[] {
    return this.#steps.reads;
  }

  /**
   * A one-off message for whom `queueOneOff` is refused with `init-live`: it is listed, numbered and queued in the session by one step, so that
   * neither can be there without the other. Throws `BroadcastError` `bad-kind`, `too-large`; `SessionError` `peer-away`.
   */
  async sendOneOff(item: OneOffItem, { signal }: Cancellable = {}): Promise<void> {
    await this.#steps.step((draft) => {
      requireRoom(draft);
      const payload = draft.tools.broadcast.payloadFor(draft.tx, this.contact.id, item);
      enqueue(draft, { kind: kinds.oneOff.number, payload, messageId: draft.tx.random.bytes(16) });
      pump(draft);
    }, signal);
    await this.establish({ ...(signal ? { signal } : {}) });
  }

  /**
   * Something small (at most 4 KiB) for the next message that is sent anyway; alone it never causes one. It takes the place of an earlier one of
   * its number. Throws `SessionError` `too-large`.
   */
  async ride(kind: number, bytes: Uint8Array, { signal }: Cancellable = {}): Promise<void> {
    await this.#steps.step((draft) => addRider(draft, { kind, bytes }), signal);
  }

  /** `ride` as a part of the caller's step. It takes the place of those that `replaces` names; 256 wait at most, the newest. */
  addRider(tx: Transaction, rider: Rider, { replaces }: { readonly replaces?: (other: Rider) => boolean } = {}): void {
    this.#steps.within(tx, (draft) => addRider(draft, rider, replaces));
  }

  /** One poll round (SPEC §11); two after a pause. */
  poll(options: PollOptions = {}): Promise<RoundReport> {
    return new Round(this.#steps).poll((round) => this.#establish(round, "polled", options.signal), options);
  }

  /**
   * Begins a session where one is wanted and the contact's descriptor is known (asked for where it is older than an hour), and encrypts what
   * waits. `send` and `poll` call it.
   */
  establish({ signal }: Cancellable = {}): Promise<void> {
    return this.#establish(new Round(this.#steps), "asked", signal);
  }

  /** `polled`: the round has asked for what is due, and a descriptor that does not serve is asked for daily. */
  async #establish(round: Round, reason: "polled" | "asked", signal: AbortSignal | undefined): Promise<void> {
    const peerOf = (draft: Draft): PeerDescriptor | undefined => draft.tools.discovery.peer(draft.tx, this.contact.id);
    const { isWanted, isFull } = await this.#steps.step((draft) => {
      const isWanted = reason === "asked" ? wantsSession(draft) : mayInitiate(draft, peerOf(draft));
      return { isWanted, isFull: pump(draft) };
    }, signal);
    if (isWanted) {
      await round.freshenDescriptor(descriptorFreshFor, signal);
      await this.#steps.step((draft) => {
        const peer = peerOf(draft);
        if (mayInitiate(draft, peer)) initiate(draft, peer);
      }, signal);
    }
    for (let more = isFull || isWanted; more; ) more = await this.#steps.step(pump, signal);
  }

  /** Wants a session although nothing waits to be sent: for a contact that is added again. */
  async greet({ signal }: Cancellable = {}): Promise<void> {
    await this.#steps.step((draft) => {
      const isKnown = draft.state.isRemoved || draft.state.lastInit !== null || draft.state.floor > 0;
      draft.state = { ...draft.state, isRemoved: false, wantsInit: isKnown && !draft.live };
    }, signal);
    await this.establish({ ...(signal ? { signal } : {}) });
  }

  /** Ends the session, erases its keys, deletes its objects and forgets what waited. What an old slot may still show stays known. */
  async remove({ signal }: Cancellable = {}): Promise<void> {
    await this.#steps.step((draft) => {
      endSession(draft);
      forgetQueue(draft);
      this.#options.broadcast.removeRecipient(draft.tx, this.contact.id);
      draft.state = { ...draft.state, isRemoved: true, wantsInit: false, riders: [] };
      for (const layer of this.#options.kinds.layers) layer.removed?.(draft.tx, this.contact.id);
    }, signal);
  }

  async status({ signal }: Cancellable = {}): Promise<SessionStatus> {
    return this.#steps.step(({ state, poll }) => {
      const { live } = state;
      return {
        session: live ? (live.unanswered ? "initiated" : "established") : "none",
        queued: state.queued,
        unacknowledged: state.unacked,
        missing: live ? [...live.delivery.gaps.values()].map(({ seq }) => seq).sort((a, b) => a - b) : [],
        lastHeardAt: state.lastHeardAt,
        unreachableSince: poll.failures >= failuresBeforeAlarm ? poll.failingSince : null,
      };
    }, signal);
  }

  #check({ kind, payload, messageId }: OutgoingMessage): void {
    if (payload.length > maxPayload)
      throw new SessionError("too-large", `a message may have ${maxPayload} bytes; this one has ${payload.length}`);
    if (messageId && messageId.length !== 16) throw new SessionError("not-sendable", "a message id has 16 bytes");
    if (!this.#options.kinds.get(kind)?.channels.includes("session")) {
      throw new SessionError("unsupported-kind", `messages of kind ${kind} are not sent in a session`);
    }
  }
}

function put(draft: Draft, { kind, payload, messageId: given }: OutgoingMessage): Queued {
  const isNamed = given !== undefined;
  const messageId = given ?? draft.tx.random.bytes(16);
  if (isNamed && isOwnId(draft, messageId)) return { messageId, isRepeated: true };
  requireRoom(draft);
  if (isNamed) holdOwnId(draft, messageId);
  // Inside another step the queue may be longer than a scan shows, and the session one that a restore has ended.
  const isNext = draft.state.queued === 0 && draft.state.ownIncarnation === draft.tx.incarnation;
  enqueue(draft, { kind, payload, messageId, isNamed });
  if (isNext) pump(draft);
  return { messageId, isRepeated: false };
}

function requireRoom({ state }: Draft): void {
  if (state.unacked + state.queued < maxUnacked) return;
  throw new SessionError("peer-away", `${maxUnacked} messages wait for this contact already; try again when it was online`, {
    retryable: true,
  });
}
