import { sizeClasses } from "@cweb/crypto";
import { expect } from "vitest";
import { expectInvariants } from "../invariants.ts";
import type { Place } from "../place.ts";
import { World } from "../world.ts";

/** The most bytes of payload in each size class, without riders; the last is the limit of a message (protocol, "Limits"). */
const most = [1_579, 5_675, 13_867, 30_251, 56 * 1024];

/** Texts of each size class arrive, each in an object of its class; a longer one is refused and changes nothing. */
export async function largePayloads(place: Place): Promise<void> {
  const world = new World(place, 5);
  const [ada, ben] = await world.friends("ada", "ben");
  await ada.send(ben, "first");
  await world.untilRead(ben, ada);
  await ben.send(ada, "second");
  await world.untilRead(ada, ben);
  // The rider of the first messages has gone: what follows has none.
  await ada.send(ben, "third");

  for (const [index, length] of most.entries()) {
    const before = await ada.bucket.provider.paths();
    await ada.send(ben, String.fromCharCode(97 + index).repeat(length));
    while ((await ada.peer.flush()).pending) world.wait(1);
    const after = await ada.bucket.provider.objects();
    const added = [...after].filter(([path]) => !before.has(path)).map(([, bytes]) => bytes.length);
    expect(added, `the object of a text of ${length} bytes`).toEqual([sizeClasses[index]]);
  }
  await expect(ada.peer.send("ben", "x".repeat(56 * 1024 + 1))).rejects.toMatchObject({ code: "too-large" });
  await expect(ada.peer.broadcast("ben", "x".repeat(70_000))).rejects.toMatchObject({ code: "too-large" });
  await world.untilRead(ben, ada);

  // A first message that is too large for the slot goes right behind an empty one.
  const cleo = await world.person("cleo");
  await cleo.knows(ben);
  await ben.knows(cleo);
  await cleo.send(ben, "z".repeat(50_000));
  await world.untilRead(ben, cleo);
  await expectInvariants(world);
}
