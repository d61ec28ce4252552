import { cipherSuite, type Random, utf8 } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { createIdentity, Discovery, loadIdentity, type PeerDescriptor } from "@cweb/discovery";
import { Mailbox } from "@cweb/mailbox";
import type { LocalStore } from "@cweb/storage-local";
import { memoryStore } from "@cweb/storage-local/memory";
import type { ReadResult, RemoteWriter } from "@cweb/storage-remote";
import { type MemoryBucket, memoryBucket } from "@cweb/storage-remote/memory";
import { Broadcast, type OneOffItem, type Opened } from "../../src/index.ts";

export const crypto = cipherSuite;
export const hour = 3_600_000;
export const day = 24 * hour;

/** One person: a local store, a bucket whose provider checks the time, and the packages over them. */
export interface Home {
  readonly clock: VirtualClock;
  readonly local: LocalStore;
  readonly bucket: MemoryBucket;
  readonly mailbox: Mailbox;
  readonly discovery: Discovery;
  readonly broadcast: Broadcast;
  readonly random: Random;
  /** Maintains, seals and uploads; answers whether the slots were rewritten. */
  round(): Promise<boolean>;
}

export interface HomeOptions {
  readonly seed: number;
  readonly clock: VirtualClock;
  readonly local?: LocalStore;
  readonly bucket?: MemoryBucket;
  readonly slotBits?: number;
}

const checking = (writer: RemoteWriter): RemoteWriter => ({
  checksClock: true,
  write: (path, bytes, options) => writer.write(path, bytes, options),
  remove: (path, options) => writer.remove(path, options),
});

export async function openHome(options: HomeOptions): Promise<Home> {
  const { seed, clock, local = memoryStore(), bucket = memoryBucket(), slotBits = 1 } = options;
  const random = seededRandom(seed);
  const known = await loadIdentity({ local, crypto });
  const identity = known ?? (await createIdentity({ local, crypto, random, profile: utf8(`bucket ${seed}`), slotBits })).identity;
  const home = { id: identity.idBytes, beaconPath: identity.beacon.path, beaconKey: identity.beacon.key };
  const mailbox = new Mailbox({ local, reader: bucket.reader, writer: checking(bucket.writer), clock, random, crypto, home });
  await mailbox.begin();
  const discovery = new Discovery({ mailbox, identity, crypto });
  const broadcast = new Broadcast({ mailbox, discovery, crypto });
  const round = async (): Promise<boolean> => {
    await discovery.maintain();
    const rewrote = await broadcast.seal();
    const report = await mailbox.flush();
    if (report.failure !== undefined) throw report.failure;
    await discovery.noteFlush(report);
    return rewrote;
  };
  return { clock, local, bucket, mailbox, discovery, broadcast, random, round };
}

/** Adds `other` as a contact of `home` and pins its newest descriptor. */
export async function meet(home: Home, other: Home): Promise<PeerDescriptor> {
  await home.discovery.addContact(home.discovery.parseCard(await other.discovery.card()));
  return refresh(home, other);
}

export async function refresh(home: Home, other: Home): Promise<PeerDescriptor> {
  const { id, idBytes } = other.discovery.identity;
  const result = await other.bucket.reader.read(home.discovery.descriptorPath(idBytes), { maxBytes: 65_536 });
  const { accepted } = await home.mailbox.transact({}, (tx) => home.discovery.recordFetch(tx, id, result));
  if (accepted === undefined) throw new Error("the descriptor was not accepted");
  return accepted;
}

/** Two people who have met, with published descriptors and slots. */
export async function pair(options: { slotBits?: number } = {}): Promise<{ alice: Home; bob: Home; clock: VirtualClock }> {
  const clock = new VirtualClock();
  const alice = await openHome({ seed: 1, clock, ...options });
  const bob = await openHome({ seed: 2, clock, ...options });
  for (const home of [alice, bob]) await home.round();
  await meet(alice, bob);
  await meet(bob, alice);
  return { alice, bob, clock };
}

export async function slotOf(owner: Home, reader: Home): Promise<ReadResult> {
  const peer = await reader.discovery.contact(owner.discovery.identity.id);
  if (peer?.pinned === undefined) throw new Error("not met");
  return owner.bucket.reader.read(reader.broadcast.slotPath(peer.pinned), { maxBytes: reader.broadcast.slotMaxBytes });
}

/** `reader` reads its slot in `owner`'s bucket, or looks at `bytes` in its place. */
export async function look(reader: Home, owner: Home, bytes?: Uint8Array): Promise<Opened> {
  const result = await slotOf(owner, reader);
  const slot = bytes ?? (result.kind === "found" ? result.bytes : new Uint8Array());
  return reader.mailbox.transact({}, (tx) => {
    const peer = reader.discovery.peer(tx, owner.discovery.identity.id);
    if (peer === undefined) throw new Error("not met");
    return reader.broadcast.open(tx, peer, slot);
  });
}

/** Everything new that `owner` says to `reader` in slots, as texts. */
export async function receive(reader: Home, owner: Home): Promise<readonly string[]> {
  const opened = await look(reader, owner);
  const box = opened.kind === "box" ? await owner.bucket.reader.read(opened.path, { maxBytes: 65_536 }) : undefined;
  return reader.mailbox.transact({}, (tx) => {
    const peer = reader.discovery.peer(tx, owner.discovery.identity.id);
    if (peer === undefined) throw new Error("not met");
    const list = opened.kind === "box" && box?.kind === "found" ? reader.broadcast.openBox(tx, peer, opened, box.bytes) : opened;
    if (list === undefined || !("items" in list)) return [];
    return reader.broadcast.acceptItems(tx, peer, list.number, list.items).map(({ payload }) => new TextDecoder().decode(payload));
  });
}

export function item(home: Home, text: string, n: number, kind: number = 2): OneOffItem {
  return { sentAt: home.clock.now(), kind, messageId: new Uint8Array(16).fill(n), payload: utf8(text) };
}
