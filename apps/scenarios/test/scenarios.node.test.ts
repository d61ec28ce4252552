import { afterAll, beforeAll, describe, test } from "vitest";
import { memoryPlace } from "../src/memory-place.ts";
import type { Place } from "../src/place.ts";
import { providers, serverPlace } from "../src/server-place.ts";
import { stories } from "../src/stories.ts";

const places = [{ name: "memory", open: async () => memoryPlace() }, ...providers.map((one) => ({ name: one.name, open: () => serverPlace(one) }))];

describe.each(places)("two peers on $name", ({ open }) => {
  let place: Place;
  beforeAll(async () => {
    place = await open();
  });
  afterAll(() => place.close());

  test.each(stories)("$title", ({ tell }) => tell(place), 60_000);
});
