import type { Path } from "@cweb/storage-remote";
import { associatedData, messagePath, takeKey } from "../../src/core/chain.ts";
import type { Epoch } from "../../src/core/epoch.ts";
import { noMessage } from "../../src/core/ids.ts";
import type { OpenedMessage } from "../../src/core/room-object.ts";
import { sealMessage, signMessage } from "../../src/core/room-object.ts";
import type { RoomMessage } from "../../src/wire/message.ts";
import type { SimWorld } from "./sim-world.ts";

/** What a member's program would not write, as member `index` of the room in this world: signed, sealed, and put under its name. */
export function forge(world: SimWorld, index: number, n: number, change: Partial<RoomMessage>): OpenedMessage {
  return world.look(index, (draft) => {
    const epoch = draft.current as Epoch;
    const chains = draft.chains(epoch.epoch);
    const chain = chains?.chains[chains.own ?? 0];
    const taken = chain && takeKey(world.crypto, chain, n);
    if (!chain || !taken) throw new Error("no key for this message");
    const opened = signMessage(world.crypto, draft.head.signingSeed, {
      groupId: world.group,
      epoch: epoch.epoch,
      sender: draft.own,
      n,
      lamport: n,
      parents: [],
      previousOwn: noMessage,
      time: world.now,
      kind: 2,
      uuid: world.random.bytes(16),
      payload: new TextEncoder().encode("forged"),
      ...change,
    });
    const seal = { messageKey: taken.messageKey, associatedData: associatedData(epoch, draft.own, n) };
    const path: Path = messagePath(world.crypto, chain, n);
    world.buckets[index]?.set(path, [sealMessage(world.crypto, world.random, seal, opened.signed)]);
    return opened;
  });
}
