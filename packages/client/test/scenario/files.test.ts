import { bytesSource, memoryTarget } from "@cweb/file-sharing";
import { describe, expect, test } from "vitest";
import type { MessageEvent, PeerEvent } from "../../src/index.ts";
import { type Home, World } from "../support/world.ts";

const content = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 7919) >> 8);
const fileIn = (events: readonly PeerEvent[]): MessageEvent | undefined =>
  events.find((event): event is MessageEvent => event.type === "message" && event.kind === "file");

async function shareWith(home: Home, to: readonly string[], bytes: Uint8Array, key?: string) {
  return home.peer.files.share(bytesSource(bytes), { name: "sea.mov", mime: "video/mp4", to, ...(key === undefined ? {} : { key }) });
}

describe("files", () => {
  test("are shared with a contact, who is told once and fetches them by the message or the reference", async () => {
    const [ada, ben] = await new World(50).pair();
    const bytes = content(1_200_000);
    const shared = await shareWith(ada, ["ben"], bytes, "/home/ada/sea.mov");
    expect(shared).toMatchObject({ name: "sea.mov", size: bytes.length, to: ["ben"], sent: [{ to: "ben", state: "published" }] });
    const again = await shareWith(ada, ["ben"], bytes, "/home/ada/sea.mov");
    expect([again.fileId, again.reference, again.sent[0]?.id]).toEqual([shared.fileId, shared.reference, shared.sent[0]?.id]);
    const events = [...(await ben.round()), ...(await ben.round())];
    expect(events.filter(({ type }) => type === "message")).toHaveLength(1);
    const told = fileIn(events);
    const { reference } = shared;
    expect(told?.file).toEqual({ reference, name: "sea.mov", size: bytes.length, mime: "video/mp4" });
    expect(told?.id).toBe(shared.sent[0]?.id);
    expect(await ben.peer.files.received(told?.id ?? "")).toMatchObject({ from: "ada", reference, messageId: told?.id });
    for (const which of [told?.id ?? "", reference]) {
      const target = memoryTarget(which);
      expect(await ben.peer.files.download(which, { to: target })).toEqual({ name: "sea.mov", size: bytes.length, mime: "video/mp4" });
      expect(target.finished()).toEqual(bytes);
    }
    const opened = await ben.peer.files.open(reference);
    expect(await opened.read({ offset: 1_048_570, length: 12 })).toEqual(bytes.slice(1_048_570, 1_048_582));
    await ben.peer.send("ada", "thanks");
    const outcome = [...(await ada.round()), ...(await ada.round())];
    expect(outcome).toContainEqual(expect.objectContaining({ type: "delivered", id: told?.id, to: "ben" }));
  });
});
