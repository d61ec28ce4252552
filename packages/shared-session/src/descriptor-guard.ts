import { type EpochKey, objectPath, openSigned, verifyRecord } from "@cweb/shared-object/core";
import type { GroupId } from "./core/ids.ts";
import type { Cancellable } from "./options.ts";
import type { RoomRunner } from "./room-runner.ts";
import { ownDescriptor, sealKeyOf } from "./step/publish.ts";

/**
 * Own descriptors that this process has put under the mailbox's guard: a version in the bucket that is higher than the own one means that an
 * old state of this home was restored.
 */
export class DescriptorGuard {
  readonly #guarded: Set<string> = new Set();
  readonly #runner: RoomRunner;

  constructor(runner: RoomRunner) {
    this.#runner = runner;
  }

  async cover(groupId: GroupId, cancel: Cancellable): Promise<void> {
    const found = await this.#runner.step(
      groupId,
      (draft) => {
        const own = draft.isAdmin && draft.current ? ownDescriptor(draft, draft.current.e) : undefined;
        return own && { key: sealKeyOf(draft, own), adminKey: draft.head.adminKey };
      },
      cancel,
    );
    if (found) this.#guard(found.key, found.adminKey);
  }

  #guard(key: EpochKey, adminKey: Uint8Array): void {
    const { crypto, mailbox } = this.#runner.options;
    const path = objectPath(crypto, key);
    if (this.#guarded.has(path)) return;
    this.#guarded.add(path);
    mailbox.guard(path, (bytes) => {
      const signed = openSigned(crypto, key, bytes);
      return signed && verifyRecord(crypto, adminKey, signed)?.version;
    });
  }
}
