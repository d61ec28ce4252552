import { cipherSuite } from "@cweb/crypto";
import { openSigned } from "@cweb/shared-object/core";
import fc from "fast-check";
import { expect, test } from "vitest";
import { associatedData, takeKey } from "../../src/core/chain.ts";
import type { Epoch } from "../../src/core/epoch.ts";
import { memberOf } from "../../src/core/epoch.ts";
import type { Chains } from "../../src/core/records.ts";
import type { DescriptorKey } from "../../src/core/room-head.ts";
import { openMessage } from "../../src/core/room-object.ts";
import { sealKeyOf } from "../../src/step/publish.ts";
import { runs } from "../support/runs.ts";
import { minute, SimWorld } from "../support/sim-world.ts";

/** All that a member ever held of keys, gathered after each of its rounds. */
interface Loot {
  readonly chains: Map<string, { readonly epoch: Epoch; readonly chains: Chains }>;
  readonly descriptors: DescriptorKey[];
}

function gather(world: SimWorld, index: number, loot: Loot): void {
  if (!world.has(index)) return;
  world.look(index, (draft) => {
    for (const id of draft.head.chains) {
      const epoch = draft.epoch(id);
      const chains = draft.chains(id);
      // The earliest state of a chain opens the most.
      if (epoch && chains && !loot.chains.has(id)) loot.chains.set(id, { epoch, chains });
    }
    loot.descriptors.push(...draft.head.descriptors);
  });
}

/** What can be opened of all objects that any store ever held: the epochs of messages and descriptors. */
function plunder(world: SimWorld, loot: Loot): readonly Epoch[] {
  const objects = world.buckets.flatMap((bucket) => [...bucket.values()].flat());
  const opened: Epoch[] = [];
  for (const { epoch, chains } of loot.chains.values()) {
    for (const [index, chain] of chains.chains.entries()) {
      const sender = epoch.members[index]?.id;
      for (let n = chain.n; sender && n < chain.n + 12; n++) {
        const key = takeKey(world.crypto, chain, n)?.messageKey;
        const seal = key && { messageKey: key, associatedData: associatedData(epoch, sender, n) };
        for (const object of objects) {
          const message = seal && openMessage(world.crypto, seal, object)?.message;
          const found = message && world.epochs.get(message.epoch);
          if (found) opened.push(found);
        }
      }
    }
  }
  return opened;
}

test("M12: a removed member reads nothing new and cannot write, with all keys that it ever had and all that any store ever held", () => {
  const step = fc.tuple(fc.constantFrom("send", "send", "remove", "invite", "join", "settle"), fc.nat(3));
  fc.assert(
    fc.property(fc.nat(1000), fc.array(step, { minLength: 8, maxLength: 16 }), (seed, steps) => {
      const world = new SimWorld(seed, cipherSuite, 4);
      world.found(4);
      world.send(1, "before");
      const loot: Loot = { chains: new Map(), descriptors: [] };
      gather(world, 3, loot);
      for (const [what, p] of steps) {
        if (what === "send") world.send(p, `${p}`);
        else if (what === "remove" && p > 1) world.remove(0, p);
        else if (what === "invite" && p > 1 && !world.isMember(p)) world.invite(0, p);
        else if (what === "join" && p > 1) world.join(p);
        else world.settle(2, minute);
        gather(world, 3, loot);
      }
      world.settle(2, minute);
      if (world.isMember(3)) world.remove(0, 3);
      world.settle(2, minute);
      world.send(1, "without three");
      world.settle(2, minute);
      const { id } = world.home(3);
      const opened = plunder(world, loot);
      expect(opened.length).toBeGreaterThan(0);
      for (const epoch of opened) expect(memberOf(epoch, id)).toBeDefined();
      const current = world.look(0, (draft) => draft.current as Epoch);
      const names = loot.descriptors.map((key) => world.look(3, (draft) => sealKeyOf(draft, key)));
      const objects = world.buckets.flatMap((bucket) => [...bucket.values()].flat());
      for (const key of names.filter(({ epoch }) => epoch === current.e)) {
        for (const object of objects) expect(openSigned(world.crypto, key, object)).toBeUndefined();
      }
      expect(world.view(3).some(({ payload }) => new TextDecoder().decode(payload) === "without three")).toBe(false);
      // What it writes on under its old keys is shown to nobody who knows of its removal.
      world.home(3).isEvil = true;
      const before = world.look(3, ({ head }) => head.current);
      world.on(3, (draft) => draft.set({ isEnded: false, current: before }));
      const isWritten = world.send(3, "still here");
      world.settle(3, minute);
      if (isWritten) expect(world.view(1).some(({ sender }) => sender === id && memberOf(current, sender) !== undefined)).toBe(false);
      expect(world.view(1).some(({ payload }) => new TextDecoder().decode(payload) === "still here")).toBe(false);
    }),
    runs(12, 12),
  );
}, 120_000);
