import { bytesSource, memoryTarget } from "@cweb/file-sharing";
import { crashAt } from "@cweb/storage-local/testing";
import { expect } from "vitest";
import { expectInvariants } from "../invariants.ts";
import type { Person } from "../person.ts";
import type { Place } from "../place.ts";
import { minute, World } from "../world.ts";

const chunk = 2 ** 20;
const size = 3 * chunk + 777;

/** Does a step in processes of which each dies `longer` calls of a port later, until one lives long enough. Answers how many died. */
async function inLongerLives(person: Person, longer: number, step: (person: Person) => Promise<unknown>): Promise<number> {
  for (let deaths = 0; ; deaths++) {
    const crash = crashAt({ call: 3 + longer * deaths, when: deaths % 2 === 0 ? "before" : "after" });
    try {
      await person.restart(crash);
      await step(person);
      if (!crash.crashed) return deaths;
    } catch (error) {
      if (!crash.crashed) throw error;
    }
    person.world.wait(minute);
  }
}

/** A file is uploaded by processes that are killed, fetched by processes that are killed, read in part, and taken back. */
export async function sharedFile(place: Place): Promise<void> {
  const world = new World(place, 21);
  const [ada, ben] = await world.friends("ada", "ben");
  const content = world.random.bytes(size);
  const share = ({ peer }: Person) =>
    peer.files.share(bytesSource(content), { name: "film.mp4", mime: "video/mp4", key: "film", to: ["ben"] });

  expect(await inLongerLives(ada, 2, share)).toBeGreaterThan(2);
  await ada.restart();
  const puts = ada.meter.counts().put.requests;
  const { fileId, reference } = await share(ada);
  expect(ada.meter.counts().put.requests, "a file that is there is not uploaded again").toBe(puts);
  await world.until(() => ben.files.length > 0, [ben, ada]);
  expect(ben.files).toEqual([{ reference, name: "film.mp4", size, mime: "video/mp4" }]);

  const target = memoryTarget("film.mp4");
  // Who dies with the whole file in hand has it.
  const fetch = async ({ peer }: Person) => target.finished() ?? (await peer.files.download(reference, { to: target }));
  expect(await inLongerLives(ben, 7, fetch)).toBeGreaterThan(1);
  expect(Buffer.from(target.finished() ?? []).equals(content), "the same bytes").toBe(true);
  await ben.restart();
  const opened = await ben.peer.files.open(reference);
  for (const [offset, length] of [
    [0, 5],
    [chunk - 2, 4],
    [size - 3, 3],
  ] as const)
    expect(await opened.read({ offset, length })).toEqual(content.slice(offset, offset + length));

  await ada.peer.files.remove(fileId);
  await expect(ben.peer.files.download(reference, { to: memoryTarget("late") })).rejects.toMatchObject({ code: "not-found" });
  expect(await ada.peer.files.list()).toEqual([]);
  await expectInvariants(world);
  expect(ben.files.length, "told once").toBe(1);
}
