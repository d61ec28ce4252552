import { Broadcast } from "@cweb/broadcast";
import { cipherSuite as crypto, utf8 } from "@cweb/crypto";
import { seededRandom, VirtualClock } from "@cweb/crypto/testing";
import { type CwebId, createIdentity, Discovery, parseCard } from "@cweb/discovery";
import { Mailbox } from "@cweb/mailbox";
import { createKindRegistry, type KindRegistry, Session, type SessionEvent, sessionEventCodec } from "@cweb/session";
import { memoryStore } from "@cweb/storage-local/memory";
import type { RemoteReader, RemoteWriter } from "@cweb/storage-remote";
import { memoryBucket } from "@cweb/storage-remote/memory";
import { objectEventKinds, SharedObjects } from "../../src/index.ts";

/** Peers with everything below as it is, over one virtual time. */
export class RealWorld {
  readonly clock: VirtualClock = new VirtualClock();
  readonly peers: RealPeer[] = [];

  async meeting(count: number): Promise<readonly RealPeer[]> {
    for (let n = 0; n < count; n++) this.peers.push(await RealPeer.create(this, n));
    for (const one of this.peers) {
      for (const other of this.peers) if (one !== other) await one.discovery.addContact(parseCard(await other.discovery.card()));
    }
    return this.peers;
  }
}

export class RealPeer {
  readonly world: RealWorld;
  readonly profile: Uint8Array;
  readonly bucket: ReturnType<typeof memoryBucket> = memoryBucket();
  mailbox!: Mailbox;
  discovery!: Discovery;
  broadcast!: Broadcast;
  objects!: SharedObjects;
  registry!: KindRegistry;

  private constructor(world: RealWorld, index: number) {
    this.world = world;
    this.profile = utf8(`peer ${index}`);
  }

  static async create(world: RealWorld, index: number): Promise<RealPeer> {
    const peer = new RealPeer(world, index);
    const [local, random] = [memoryStore(), seededRandom(index + 50)];
    const { identity } = await createIdentity({ local, crypto, random, profile: peer.profile, slotBits: 0 });
    const home = { id: identity.idBytes, beaconPath: identity.beacon.path, beaconKey: identity.beacon.key };
    const { reader, writer } = peer.bucket;
    const signed: RemoteWriter = { ...writer, checksClock: true };
    const mailbox = new Mailbox({ local, reader, writer: signed, clock: world.clock, random, crypto, home });
    peer.mailbox = mailbox;
    peer.discovery = new Discovery({ mailbox, identity, crypto });
    peer.broadcast = new Broadcast({ mailbox, discovery: peer.discovery, crypto });
    peer.objects = new SharedObjects({
      mailbox,
      crypto,
      ownId: identity.idBytes,
      enqueue: (tx, to, message) => peer.session(to).enqueue(tx, message),
      addRider: (tx, to, rider, replaces) => peer.session(to).addRider(tx, rider, { replaces }),
      reads: (to) => peer.session(to).reads,
      openReader: async (contact) => {
        const found = await peer.discovery.contact(contact);
        return found && peer.readerOf(found.profile);
      },
    });
    peer.registry = createKindRegistry([], [peer.objects.layer]);
    await peer.flush();
    return peer;
  }

  get id(): CwebId {
    return this.discovery.identity.id;
  }

  session(to: CwebId): Session {
    const { mailbox, discovery, broadcast, registry: kinds } = this;
    return new Session(to, { mailbox, discovery, broadcast, crypto, kinds, openReader: (profile) => this.readerOf(profile) });
  }

  readerOf(profile: Uint8Array): RemoteReader {
    const owner = this.world.peers.find((peer) => peer.profile.join() === profile.join());
    if (!owner) throw new Error("no such bucket");
    return owner.bucket.reader;
  }

  async flush(): Promise<void> {
    await this.mailbox.begin();
    await this.discovery.maintain();
    await this.objects.maintain();
    await this.broadcast.seal();
    const report = await this.mailbox.flush();
    if (report.failure) throw report.failure;
    await this.discovery.noteFlush(report);
    await this.objects.noteFlush(report);
  }

  async round(): Promise<void> {
    for (const other of this.world.peers) {
      if (other === this) continue;
      await this.session(other.id).poll({ full: true });
      await this.objects.poll(other.id, { all: true });
    }
    await this.flush();
  }

  /** What sessions delivered to the application. */
  async sessionEvents(): Promise<readonly (SessionEvent & { readonly type: string })[]> {
    const entries = await this.mailbox.takeInbox({ limit: 1000 });
    await this.mailbox.acknowledge(entries.map(({ seq }) => seq));
    const others = entries.filter(({ kind }) => !(objectEventKinds as readonly string[]).includes(kind));
    return others.map(({ kind, body }) => ({ type: kind, ...sessionEventCodec.decode(body) }));
  }
}
