import type { CwebId } from "@cweb/discovery";
import type { FlushReport, Transaction } from "@cweb/mailbox";
import { riderKinds, type SessionLayer } from "@cweb/session";
import type { GroupId, MessageHash } from "./core/ids.ts";
import { descriptorFresh, maxHints } from "./core/limits.ts";
import { DescriptorGuard } from "./descriptor-guard.ts";
import { postLetters } from "./letter-post.ts";
import { type Cancellable, cancel, type RoomsOptions } from "./options.ts";
import type { RoomDraft } from "./room-draft.ts";
import { RoomLayer } from "./room-layer.ts";
import { type RoomFailure, RoomRound } from "./room-round.ts";
import { RoomRunner } from "./room-runner.ts";
import { type HistoryMessage, historyOf, positionsOf, type RoomStatus, statusOf } from "./room-view.ts";
import { SharedSessionError } from "./shared-session-error.ts";
import { makeHeads, sendHints } from "./step/announce.ts";
import { addMembers, offerRole, removeMembers, renameRoom } from "./step/command.ts";
import { forgetSome } from "./step/forget.ts";
import { foundRoom, join, leave } from "./step/found.ts";
import { type Outgoing, readTag, type StoredTag, sendMessage } from "./step/post.ts";
import { addRoom, dropRoom, loadRooms } from "./step/room-steps.ts";
import { tryDecode } from "./wire/decode.ts";
import type { Policy } from "./wire/epoch.ts";
import { headsCodec } from "./wire/recovery.ts";

export interface CreateRoomOptions {
  /** 1 to 256 bytes of UTF-8. */
  readonly name: string;
  readonly policy?: Partial<Policy>;
  /** What the application notes of the room in the same commit; what it throws, `create` throws, and nothing is made. */
  readonly note?: (tx: Transaction, id: GroupId) => void;
}

export interface SentMessage {
  /** 16 bytes. */
  readonly messageId: Uint8Array;
  /** A message with this id was sent before: nothing was sent now. */
  readonly isRepeated: boolean;
  /** `unconfirmed`: the admin's store did not answer, so that whoever was removed of late may still read this. */
  readonly membership: "confirmed" | "unconfirmed";
}

export interface RoomsReport {
  readonly gets: number;
  readonly probes: number;
  /** Contacts for whom something was queued: their sessions are to be established, and the mailbox flushed. */
  readonly wroteTo: readonly CwebId[];
  readonly failures: readonly RoomFailure[];
}

const defaultPolicy: Policy = { copies: true, receipts: true, keepDays: 0 };
/** Members whose next message carries what was read here. */
const riderMembers = 16;

/**
 * The private rooms of one home: each with one admin, each member writing into its own bucket. State lives in the mailbox; any number of
 * processes may share it. What happens is delivered to the inbox (`roomEventCodec`).
 */
export class Rooms {
  /** For `createKindRegistry` of the sessions. */
  readonly layer: SessionLayer;
  readonly #runner: RoomRunner;
  readonly #options: RoomsOptions;
  readonly #guard: DescriptorGuard;

  constructor(options: RoomsOptions) {
    this.#options = options;
    this.#runner = new RoomRunner(options);
    this.#guard = new DescriptorGuard(this.#runner);
    this.layer = new RoomLayer(this.#runner.tools);
  }

  /** A new room with this home as its admin. Throws `SharedSessionError` `bad-name`, `too-large`. */
  async create({ name, policy, note }: CreateRoomOptions, { signal }: Cancellable = {}): Promise<{ readonly id: GroupId }> {
    const card = await this.#options.card(cancel(signal));
    const { tools } = this.#runner;
    return this.#runner.transact((tx) => {
      const draft = foundRoom(tx, tools, { name, card, policy: { ...defaultPolicy, ...policy } });
      addRoom(tx, draft.head.groupId);
      draft.save();
      note?.(tx, draft.head.groupId);
      return { id: draft.head.groupId };
    }, cancel(signal));
  }

  /**
   * Invites contacts; they are members once they have answered. Like all that follows it answers for whom something was queued. Throws `unknown-room`,
   * `not-admin`, `unknown-contact`.
   */
  add(id: GroupId, contacts: readonly CwebId[], options: Cancellable = {}): Promise<readonly CwebId[]> {
    return this.#command(id, (draft) => addMembers(draft, contacts), options);
  }

  /** From now on these read nothing new. Whoever is only invited is invited no more. Throws `unknown-room`, `not-admin`, `waiting`. */
  remove(id: GroupId, members: readonly CwebId[], options: Cancellable = {}): Promise<readonly CwebId[]> {
    return this.#command(id, (draft) => removeMembers(draft, members), options);
  }

  /** Accepts an invitation. The admin's next epoch makes this home a member. Throws `unknown-room`, `not-a-member`. */
  async join(id: GroupId, { signal }: Cancellable = {}): Promise<readonly CwebId[]> {
    const card = await this.#options.card(cancel(signal));
    return this.#command(id, (draft) => join(draft, card), cancel(signal));
  }

  /** Asks the admin to be taken out. An admin hands the role over first. Throws `unknown-room`, `not-a-member`. */
  leave(id: GroupId, options: Cancellable = {}): Promise<readonly CwebId[]> {
    return this.#command(
      id,
      (draft) => {
        if (!draft.isMember) throw new SharedSessionError("not-a-member", "this home is not a member of the room");
        if (draft.isAdmin) throw new SharedSessionError("not-admin", "the admin cannot leave: hand the role over first");
        leave(draft);
      },
      options,
    );
  }

  /** Erases a room that this home is not a member of (any more), with all that is kept of it. Throws `unknown-room`, `not-admin` for a member. */
  async forget(id: GroupId, { signal }: Cancellable = {}): Promise<void> {
    for (let more = true; more; ) more = await this.#runner.step(id, forgetSome, cancel(signal));
    await this.#runner.transact((tx) => dropRoom(tx, id), cancel(signal));
  }

  /** Offers the admin role to a member, who takes it by itself. Throws `unknown-room`, `not-admin`, `unknown-contact`, `waiting`. */
  handover(id: GroupId, member: CwebId, options: Cancellable = {}): Promise<readonly CwebId[]> {
    return this.#command(id, (draft) => offerRole(draft, member), options);
  }

  /** Throws `unknown-room`, `not-admin`, `bad-name`. */
  rename(id: GroupId, name: string, options: Cancellable = {}): Promise<readonly CwebId[]> {
    return this.#command(id, (draft) => renameRoom(draft, name), options);
  }

  /**
   * Writes a message: one object for all members. The admin's store is asked first whether the membership is still the same, unless it has
   * answered within the minute. Durable when it resolves; `Mailbox.flush` uploads it. Throws `unknown-room`, `not-a-member`, `cannot-send-yet`
   * (retryable), `too-large` (54 KiB), `unsupported-kind`.
   */
  async send(id: GroupId, message: Outgoing, { signal }: Cancellable = {}): Promise<SentMessage> {
    const round = new RoomRound(this.#runner, cancel(signal));
    await round.readDescriptors(id, descriptorFresh);
    return this.#runner.step(
      id,
      (draft) => {
        const { confirmedAt } = statusOf(draft);
        const membership = draft.tx.now - confirmedAt <= descriptorFresh ? ("confirmed" as const) : ("unconfirmed" as const);
        return { ...sendMessage(draft, message), membership };
      },
      cancel(signal),
    );
  }

  /**
   * One round over all rooms: descriptors that are due (`all`: each one), messages that were announced or referred to, at most one probe, and what is due
   * besides. The stores' failures are answered.
   */
  async poll({ all = false, signal }: Cancellable & { readonly all?: boolean } = {}): Promise<RoomsReport> {
    const round = new RoomRound(this.#runner, cancel(signal));
    const rooms = await this.list(cancel(signal));
    for (const id of rooms) {
      await round.readDescriptors(id, all ? 0 : undefined);
      await round.readMissing(id);
    }
    await round.probe();
    for (const id of rooms) {
      await round.tend(id);
      await this.#guard.cover(id, cancel(signal));
    }
    const wroteTo = await this.#post(rooms, signal);
    await this.#ride(rooms, signal);
    return { ...round.tally, wroteTo };
  }

  /** What is due without asking any store: call it before `Mailbox.flush`, after commands. Answers for whom something was queued. */
  async maintain({ signal }: Cancellable = {}): Promise<readonly CwebId[]> {
    const round = new RoomRound(this.#runner, cancel(signal));
    const rooms = await this.list(cancel(signal));
    for (const id of rooms) {
      await round.tend(id);
      await this.#guard.cover(id, cancel(signal));
    }
    return this.#post(rooms, signal);
  }

  /** Give it each report of `Mailbox.flush`: members are told only of what is stored. Answers for whom something was queued. */
  async noteFlush({ stored }: FlushReport, { signal }: Cancellable = {}): Promise<readonly CwebId[]> {
    const newest = new Map<GroupId, StoredTag>();
    for (const { tag } of stored) {
      const read = tag === undefined ? undefined : readTag(tag);
      if (read && (newest.get(read.groupId)?.n ?? -1) < read.n) newest.set(read.groupId, read);
    }
    const hints = Math.min(maxHints, this.#options.hints ?? maxHints);
    for (const [id, place] of newest) await this.#runner.step(id, (draft) => sendHints(draft, place, hints), cancel(signal));
    const rooms = [...newest.keys()];
    await this.#ride(rooms, signal);
    return this.#post(rooms, signal);
  }

  /** Every room that is known here, also those of invitations and of the past. */
  list({ signal }: Cancellable = {}): Promise<readonly GroupId[]> {
    return this.#runner.transact((tx) => loadRooms(tx).rooms, cancel(signal));
  }

  /** Throws `unknown-room`. */
  status(id: GroupId, { signal }: Cancellable = {}): Promise<RoomStatus> {
    return this.#runner.step(id, statusOf, cancel(signal));
  }

  /** The newest messages, at most `limit` (1,000), in the order that all members have. Throws `unknown-room`. */
  history(id: GroupId, { limit = 1000, signal }: Cancellable & { readonly limit?: number } = {}): Promise<readonly HistoryMessage[]> {
    return this.#runner.step(id, (draft) => historyOf(draft, limit), cancel(signal));
  }

  /** Where messages stand in the order now, from 0; those that are not shown are left out. Throws `unknown-room`. */
  positions(id: GroupId, { signal }: Cancellable = {}): Promise<ReadonlyMap<MessageHash, number>> {
    return this.#runner.step(id, positionsOf, cancel(signal));
  }

  async #command(id: GroupId, run: (draft: RoomDraft) => void, { signal }: Cancellable): Promise<readonly CwebId[]> {
    await this.#runner.step(id, run, cancel(signal));
    return this.#post([id], signal);
  }

  async #post(rooms: readonly GroupId[], signal: AbortSignal | undefined): Promise<readonly CwebId[]> {
    const posted: CwebId[] = [];
    for (const id of rooms) posted.push(...(await postLetters(this.#runner, id, cancel(signal))));
    return [...new Set(posted)];
  }

  /** What was read here travels with messages that go to members anyway. */
  async #ride(rooms: readonly GroupId[], signal: AbortSignal | undefined): Promise<void> {
    const { addRider } = this.#options;
    for (const id of rooms) {
      const isOfRoom = ({ kind, bytes }: { readonly kind: number; readonly bytes: Uint8Array }): boolean =>
        kind === riderKinds.roomHeads && tryDecode(headsCodec, bytes)?.groupId === id;
      await this.#runner.step(
        id,
        (draft) => {
          const heads = makeHeads(draft, riderMembers);
          for (const member of heads?.to ?? []) {
            addRider(draft.tx, member, { kind: riderKinds.roomHeads, bytes: heads?.payload as Uint8Array }, isOfRoom);
          }
        },
        cancel(signal),
      );
    }
  }
}
