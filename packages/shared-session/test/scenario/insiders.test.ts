import { cipherSuite } from "@cweb/crypto";
import { describe, expect, test } from "vitest";
import type { noMessage } from "../../src/core/ids.ts";
import { receiveLetter } from "../../src/step/room-steps.ts";
import { evidenceCodec } from "../../src/wire/evidence.ts";
import { roomKinds } from "../../src/wire/kinds.ts";
import { messageCodec } from "../../src/wire/message.ts";
import { copyCodec, hintCodec, wantCodec } from "../../src/wire/recovery.ts";
import { forge } from "../support/insider.ts";
import { hour, minute, SimWorld } from "../support/sim-world.ts";

function room(): SimWorld {
  const world = new SimWorld(11, cipherSuite, 3);
  world.hints = 0;
  world.found(3);
  return world;
}

const texts = (world: SimWorld, index: number): readonly string[] =>
  world
    .view(index)
    .filter(({ kind }) => kind === 2)
    .map(({ payload }) => new TextDecoder().decode(payload));

const placeAhead = (world: SimWorld): { e: number; index: number; n: number; messageId: typeof noMessage } =>
  world.look(0, ({ current, own }) => ({
    e: (current?.e ?? 0) + 5,
    index: current?.members.findIndex(({ id }) => id === own) ?? 0,
    n: 0,
    messageId: "b".repeat(51).concat("a") as typeof noMessage,
  }));

describe("members that do not keep to the rules", () => {
  test.each([
    ["a lamport that jumps ahead", { lamport: 1_000_000 }],
    ["a lamport of 0 behind parents", { lamport: 0 }],
    ["a predecessor that is none", { previousOwn: "b".repeat(51).concat("a") as typeof noMessage }],
    ["a parent of a later epoch", "later"],
    ["a sender that is somebody else", "other"],
    ["another number than its place", { n: 4 }],
  ] as const)("an unsound message is not shown, and the room goes on: %s", (_, change) => {
    const world = room();
    world.send(1, "sound");
    world.settle(6, minute);
    const parents = world.look(2, ({ head, current }) =>
      head.heads.map(({ index, n, messageId }) => ({ e: current?.e ?? 0, index, n, messageId })),
    );
    const wrong =
      change === "later"
        ? { parents: [placeAhead(world)], lamport: 1 }
        : change === "other"
          ? { sender: world.home(1).id }
          : { parents, ...change };
    forge(world, 2, 0, { lamport: 2, ...wrong });
    world.settle(8, minute);
    for (const index of [0, 1]) expect(texts(world, index)).toEqual(["sound"]);
    expect(world.home(0).told.some(({ type, member }) => type === "room-refused" && member === world.home(2).id)).toBe(true);
    world.send(0, "on we go");
    world.settle(6, minute);
    expect([texts(world, 0), texts(world, 1)]).toEqual([
      ["sound", "on we go"],
      ["sound", "on we go"],
    ]);
  });

  test("two messages for one place are evidence that another member can check, and the room goes on", () => {
    const world = room();
    const first = forge(world, 2, 0, { lamport: 0, payload: new TextEncoder().encode("yes") });
    world.settle(6, minute);
    const other = forge(world, 2, 0, { lamport: 0, payload: new TextEncoder().encode("no") });
    const copy = copyCodec.encode({ of: 1, groupId: world.group, message: other.signed });
    const home = world.home(0);
    const letter = { number: roomKinds.copy.number, payload: copy, messageId: new Uint8Array(16), sentAt: 0 };
    home.step((tx) => receiveLetter(tx, home.tools, world.home(1).id, letter));
    const alarm = home.told.find(({ type, detail }) => type === "room-alarm" && detail === "equivocation");
    expect(alarm?.member).toBe(world.home(2).id);
    const { gspk, first: one, second } = evidenceCodec.decode(alarm?.payload as Uint8Array);
    for (const { body, signature } of [one, second]) expect(world.crypto.ed25519.verify(gspk, "ss/sig", body, signature)).toBe(true);
    const [a, b] = [one, second].map(({ body }) => messageCodec.decode(body));
    expect([a?.epoch, a?.sender, a?.n]).toEqual([b?.epoch, b?.sender, b?.n]);
    expect(one.body).toEqual(first.signed.body);
    expect(second.body).not.toEqual(one.body);
    world.send(1, "on we go");
    world.settle(6, minute);
    expect(texts(world, 0)).toEqual(["yes", "on we go"]);
  });

  test("a time of the future is shown as now and orders nothing", () => {
    const world = room();
    forge(world, 2, 0, { lamport: 0, time: world.now + 1000 * 24 * hour });
    world.settle(6, minute);
    const told = world.home(0).told.find(({ type }) => type === "room-message");
    expect(told?.sentAt).toBeLessThanOrEqual(world.now);
    expect(told?.lamport).toBe(0);
  });

  test("floods are bounded: hints, wants, keys of strangers, objects of ten megabytes", () => {
    const world = room();
    const home = world.home(0);
    const epoch = world.look(0, ({ head }) => head.current as never);
    const send = (number: number, payload: Uint8Array, from: number): void =>
      home.step((tx) =>
        receiveLetter(tx, home.tools, world.home(from).id, { number, payload, messageId: world.random.bytes(16), sentAt: 0 }),
      );
    for (let n = 0; n < 300; n++) {
      send(roomKinds.hint.number, hintCodec.encode({ groupId: world.group, epoch, index: 1, n: n * 7, prefix: new Uint8Array(8) }), 1);
      send(roomKinds.want.number, wantCodec.encode({ groupId: world.group, epoch, messages: [] }), 1);
    }
    const before = world.counts.gets;
    world.now += minute;
    world.round(0);
    expect(world.counts.gets - before).toBeLessThanOrEqual(32 + 1 + 64);
    world.tamper = () => new Uint8Array(10_000_000);
    world.settle(2, hour);
    expect(world.look(0, ({ head }) => head.missing.length)).toBeLessThanOrEqual(4096);
    world.tamper = (_owner, _reader, _path, versions) => versions.at(-1);
    world.send(2, "still here");
    world.settle(8, minute);
    expect([texts(world, 0), texts(world, 1)]).toEqual([["still here"], ["still here"]]);
  });
});
