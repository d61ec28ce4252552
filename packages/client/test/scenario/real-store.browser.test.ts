/// <reference path="../../../../scripts/provided.d.ts" />
import { cipherSuite as crypto, systemClock, systemRandom } from "@cweb/crypto";
import { openIndexedDb } from "@cweb/storage-local/indexeddb";
import {
  createMeter,
  decodeReadProfile,
  encodeReadProfile,
  openReader,
  openWriter,
  readSide,
  type S3Credentials,
  type S3Profile,
  withMeter,
} from "@cweb/storage-remote";
import { describe, expect, inject, test } from "vitest";
import { Peer, type PeerEvent, type PeerOptions } from "../../src/index.ts";

const { url, mailboxes } = inject("store");

/** A page's home: IndexedDB, and a bucket on the embedded server, each time an empty one. */
class Page {
  readonly meter = createMeter();
  readonly #name: string;
  readonly #profile: S3Profile;
  readonly #write: S3Credentials;
  peer!: Peer;

  constructor(index: 0 | 1, story: string) {
    const { bucket, read, write } = mailboxes[index];
    this.#name = `${story}-${index}-${systemClock.now()}`;
    const prefix = `client/${this.#name}/`;
    this.#write = write;
    this.#profile = { type: "s3", endpoint: url, region: "us-east-1", bucket, prefix, pathStyle: true, read, write };
  }

  async options(): Promise<PeerOptions> {
    const meter = this.meter;
    const profile = this.#profile;
    return {
      local: await openIndexedDb(this.#name),
      crypto,
      random: systemRandom,
      clock: systemClock,
      meter,
      writer: withMeter(openWriter(profile), meter),
      reader: withMeter(openReader({ ...profile, read: this.#write }), meter),
      openReader: (encoded) => withMeter(openReader(decodeReadProfile(encoded)), meter),
    };
  }

  async create(): Promise<void> {
    const options = await this.options();
    this.peer = (await Peer.create({ ...options, profile: encodeReadProfile(readSide(this.#profile)) })).peer;
  }

  /** The page is loaded again. */
  async reload(): Promise<void> {
    await this.peer.close();
    this.peer = await Peer.open(await this.options());
  }

  async round(): Promise<readonly PeerEvent[]> {
    const events: PeerEvent[] = [];
    for await (const batch of this.peer.round()) {
      events.push(...batch);
      await this.peer.acknowledge(batch);
    }
    return events;
  }

  /** Rounds until so many texts have come. */
  async texts(count: number): Promise<readonly string[]> {
    const texts: string[] = [];
    for (let n = 0; texts.length < count && n < 20; n++) {
      for (const event of await this.round()) if (event.type === "message") texts.push(event.text ?? "");
    }
    return texts;
  }
}

describe("two pages on an S3 server", () => {
  test("talk while the other is away, are loaded again, and never list", async () => {
    const [ada, ben] = [new Page(0, "talk"), new Page(1, "talk")];
    for (const page of [ada, ben]) await page.create();
    await ada.peer.addContact(await ben.peer.card(), "ben");
    await ben.peer.addContact(await ada.peer.card(), "ada");
    expect(await ada.peer.safetyNumber("ben")).toBe(await ben.peer.safetyNumber("ada"));

    await ada.peer.send("ben", "Hello from a page.");
    const sent = await ada.peer.send("ben", "Are you there?");
    await ada.reload();
    expect(await ben.texts(2)).toEqual(["Hello from a page.", "Are you there?"]);
    await ben.peer.send("ada", "x".repeat(40_000));
    await ben.reload();
    const events = [...(await ada.round()), ...(await ada.round()), ...(await ada.round())];
    expect(events).toContainEqual(expect.objectContaining({ type: "message", text: "x".repeat(40_000) }));
    expect(events).toContainEqual(expect.objectContaining({ type: "delivered", id: sent.id }));
    await ada.peer.send("ben", "Goodbye.");
    expect(await ben.texts(1)).toEqual(["Goodbye."]);
    for (const { meter } of [ada, ben]) expect(meter.counts().list.requests).toBe(0);
  });

  test("an idle round costs a page one GET", async () => {
    const [ada, ben] = [new Page(0, "idle"), new Page(1, "idle")];
    for (const page of [ada, ben]) await page.create();
    await ada.peer.addContact(await ben.peer.card(), "ben");
    await ada.round();
    for (let n = 0; n < 5; n++) {
      const before = ada.meter.counts();
      await ada.round();
      const after = ada.meter.counts();
      expect(after.get.requests - before.get.requests).toBe(1);
      expect(after.put).toEqual(before.put);
      expect(after.delete).toEqual(before.delete);
    }
  });
});
