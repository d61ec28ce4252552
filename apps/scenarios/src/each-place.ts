import { afterAll, beforeAll, describe, test } from "vitest";
import type { Place } from "./place.ts";
import { stories } from "./stories.ts";

export interface NamedPlace {
  readonly name: string;
  readonly open: () => Promise<Place>;
}

/** Tells all stories on each of these places. */
export function tellEverywhere(places: readonly NamedPlace[]): void {
  describe.each(places)("two peers on $name", ({ open }) => {
    let place: Place;
    beforeAll(async () => {
      place = await open();
    });
    afterAll(() => place.close());

    test.each(stories)("$title", ({ tell }) => tell(place), 60_000);
  });
}
