import { boundCases } from "./conformance/bound-cases.ts";
import type { ConformanceCase, Place } from "./conformance/case.ts";
import { concurrencyCases } from "./conformance/concurrency-cases.ts";
import { recordCases } from "./conformance/record-cases.ts";
import { revisionCases } from "./conformance/revision-cases.ts";
import { scanCases } from "./conformance/scan-cases.ts";

export type { ConformanceCase, Place };

/**
 * What every `LocalStore` must do (SPEC §3 to §6), as named cases for any test runner. `makePlace` is called once a case and
 * answers an empty place; a case rejects with an `Error` that says what was wrong.
 */
export function localStoreConformance(makePlace: () => Promise<Place>): readonly ConformanceCase[] {
  const cases = { ...recordCases, ...revisionCases, ...scanCases, ...boundCases, ...concurrencyCases };
  return Object.entries(cases).map(([name, test]) => ({
    name,
    async run(): Promise<void> {
      const place = await makePlace();
      try {
        await test(place);
      } finally {
        await place.dispose();
      }
    },
  }));
}
