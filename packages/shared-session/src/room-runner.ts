import { concat } from "@cweb/crypto";
import type { CwebId } from "@cweb/discovery";
import type { Transaction } from "@cweb/mailbox";
import type { ReadResult, RemoteReader } from "@cweb/storage-remote";
import type { GroupId } from "./core/ids.ts";
import { maxObjectBytes } from "./core/limits.ts";
import { RecordNames, roomsRecord } from "./core/records.ts";
import type { RoomHead } from "./core/room-head.ts";
import { type Cancellable, cancel, type RoomsOptions } from "./options.ts";
import { RecordMemo } from "./record-memo.ts";
import type { RoomDraft, RoomTools } from "./room-draft.ts";
import type { Fetch } from "./step/fetch.ts";
import { onRoom } from "./step/room-steps.ts";

/** How many of the messages that wait are loaded beforehand. */
const waitingLoaded = 16;

/** Runs steps on rooms, each in one mailbox transaction, and asks the stores between them. */
export class RoomRunner {
  readonly options: RoomsOptions;
  readonly #tools: RoomTools;
  /** Records that the step before has looked at: one load then mostly serves the next one. */
  readonly #reads: Map<GroupId, readonly string[]> = new Map();

  constructor(options: RoomsOptions) {
    this.options = options;
    const { crypto, identity } = options;
    const { id, idBytes, signing, agreement, nextIdCommit } = identity;
    const idKeys = concat(signing.publicKey, agreement.publicKey, nextIdCommit);
    const own = { id, idBytes, idKeys, agreement, adminSeed: (context: Uint8Array) => identity.roomKey(context) };
    this.#tools = {
      crypto,
      own,
      get kinds() {
        return options.kinds();
      },
      canReach: (tx, member) => options.isContact(tx, member),
      epochs: new Map(),
      memo: new RecordMemo(),
    };
  }

  get tools(): RoomTools {
    return this.#tools;
  }

  /** One step on any records. */
  transact<T>(step: (tx: Transaction) => T, { signal }: Cancellable = {}): Promise<T> {
    return this.options.mailbox.transact({ read: [roomsRecord] }, step, cancel(signal));
  }

  /** One step on one room. Throws `SharedSessionError` `unknown-room`. */
  async step<T>(groupId: GroupId, run: (draft: RoomDraft) => T, { signal }: Cancellable = {}): Promise<T> {
    const read = [roomsRecord, new RecordNames(groupId).head, ...(this.#reads.get(groupId) ?? [])];
    const { result, head } = await this.options.mailbox.transact(
      { read },
      (tx) =>
        onRoom(tx, this.#tools, groupId, (draft) => {
          const result = run(draft);
          return { result, head: draft.head };
        }),
      cancel(signal),
    );
    this.#reads.set(groupId, readsOf(head));
    return result;
  }

  /** Asks one store. A store that is not known, or whose answer is too long, counts as absent. */
  async read({ owner, profile, path, unless }: Fetch, { signal }: Cancellable = {}): Promise<ReadResult> {
    const reader: RemoteReader | undefined = await this.options.openReader({ id: owner, profile }, cancel(signal));
    if (!reader) return { kind: "absent" };
    const condition = unless === "" ? {} : { unless: unless as never };
    try {
      return await reader.read(path, { maxBytes: maxObjectBytes, ...condition, ...cancel(signal) });
    } catch (failure) {
      if (isTooLarge(failure)) return { kind: "found", bytes: new Uint8Array(), version: "" as never };
      throw failure;
    }
  }

  /** A letter for each of these is about to be queued by a step of another package: what that needs to load. */
  readsOf(members: readonly CwebId[]): readonly string[] {
    return members.flatMap((member) => this.options.reads?.(member) ?? []);
  }
}

/** The ports of storage-remote throw errors of one class, told by its name, so that a third party's port may bring its own. */
const isTooLarge = (failure: unknown): boolean =>
  failure instanceof Error && failure.name === "StorageRemoteError" && "code" in failure && failure.code === "too-large";

function readsOf({ groupId, chains, current, waiting, epochs }: RoomHead): readonly string[] {
  const names = new RecordNames(groupId);
  const open = [...new Set([...(current === null ? [] : [current]), ...chains])].slice(-8);
  const recent = epochs.slice(-4).map(({ epoch }) => names.epoch(epoch));
  return [
    ...recent,
    ...open.flatMap((epoch) => [names.epoch(epoch), names.chains(epoch), names.index(epoch)]),
    ...waiting.slice(0, waitingLoaded).map(({ lamport, messageId }) => names.message(lamport, messageId)),
  ];
}
