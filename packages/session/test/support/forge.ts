import { cipherSuite as crypto } from "@cweb/crypto";
import { seededRandom } from "@cweb/crypto/testing";
import { toPath } from "@cweb/storage-remote";
import type { LiveSession } from "../../src/core/state.ts";
import { encrypt } from "../../src/core.ts";
import { kinds } from "../../src/index.ts";
import { type Body, bodyCodec } from "../../src/wire/body.ts";
import type { TestPeer } from "./world.ts";

const random = seededRandom(99);

export async function liveOf(peer: TestPeer, other: TestPeer): Promise<LiveSession> {
  const live = (await peer.state(other))?.live;
  if (!live) throw new Error("the test expects a live session");
  return live;
}

/** The body that `from` would send next, were it honest; `changes` make it another. */
export async function bodyOf(from: TestPeer, to: TestPeer, changes: Partial<Body> = {}): Promise<Body> {
  const { delivery } = await liveOf(from, to);
  return {
    seq: delivery.lastSeq + 1,
    ack: delivery.high,
    missing: [],
    lost: [],
    initFloor: 0,
    sentAt: from.world.clock.now(),
    kind: kinds.text.number,
    messageId: random.bytes(16),
    riders: [],
    payload: new TextEncoder().encode("forged"),
    ...changes,
  };
}

/** What a peer that keeps to the ratchet, but not to the rest of the protocol, publishes as its next message: any bytes as its body. */
export async function publishForged(from: TestPeer, to: TestPeer, body: Uint8Array): Promise<string> {
  const { ratchet } = await liveOf(from, to);
  const sent = encrypt(ratchet, body, { crypto, random });
  await from.bucket.writer.write(toPath(sent.name as string), sent.object);
  return sent.name as string;
}

export async function publishBody(from: TestPeer, to: TestPeer, changes: Partial<Body>): Promise<string> {
  return publishForged(from, to, bodyCodec.encode(await bodyOf(from, to, changes)));
}

/** Two peers that have heard each other. */
export async function acquainted(peers: readonly TestPeer[]): Promise<readonly [TestPeer, TestPeer]> {
  const [ada, ben] = peers as readonly [TestPeer, TestPeer];
  await ada.say(ben, "hello");
  await ben.poll(ada);
  await ben.say(ada, "hello yourself");
  await ada.poll(ben, true);
  await ada.say(ben, "good");
  await ben.poll(ada, true);
  await ada.events();
  await ben.events();
  return [ada, ben];
}
