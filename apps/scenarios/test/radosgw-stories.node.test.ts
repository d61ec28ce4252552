import { afterAll, beforeAll, describe, test } from "vitest";
import type { Place } from "../src/place.ts";
import { startRadosgw } from "../src/radosgw.ts";
import { radosgwPlace } from "../src/radosgw-place.ts";
import { stories } from "../src/stories.ts";

let place: Place | undefined;
beforeAll(async () => {
  const gateway = await startRadosgw();
  place = gateway && radosgwPlace(gateway);
}, 90_000);
afterAll(() => place?.close());

describe("two peers on Ceph's RADOS gateway, with a key that may only get", () => {
  for (const { title, tell } of stories) {
    test(title, (context) => (place ? tell(place) : context.skip()), 120_000);
  }
});
