import { type CipherSuite, equal } from "@cweb/crypto";
import type { ReadResult } from "@cweb/storage-remote";
import { limits } from "./limits.ts";
import type { Generation } from "./prekeys.ts";
import type { OwnRecords } from "./publication.ts";
import { verifyDescriptor } from "./verify-descriptor.ts";

/**
 * What the own descriptor in the own bucket says:
 * - `confirmed`: it is the newest one of this home.
 * - `adopted`: it is newer, from a former life of this home or from a clone; the next one counts on from it.
 * - `behind`, `absent`, `invalid`: the store lost or altered it; the mailbox's repair puts it back.
 */
export type Adoption = "confirmed" | "adopted" | "behind" | "absent" | "invalid";

export interface AdoptionStep extends OwnRecords {
  readonly adoption: Adoption;
  readonly erased: readonly Generation[];
}

/** Total: `result` is what the own store answered (SPEC §5.4). */
export function adoptStep(crypto: CipherSuite, idBytes: Uint8Array, records: OwnRecords, result: ReadResult): AdoptionStep {
  const answered = { ...records, own: { ...records.own, awaitsAdoption: false }, erased: [] };
  const { own } = answered;
  if (result.kind === "unchanged") return { ...records, erased: [], adoption: "confirmed" };
  if (result.kind !== "found") return { ...answered, adoption: "absent" };
  const verification = verifyDescriptor(crypto, idBytes, result.bytes);
  if (verification.kind !== "valid") return { ...answered, adoption: "invalid" };
  const { seq, hash, issuedAt, incarnation, gen, oldestGen, publicProperties, slotBits } = verification.descriptor;
  const known = own.published;
  if (known !== null && seq < known.seq) return { ...answered, adoption: "behind" };
  if (known !== null && seq === known.seq && equal(hash, known.hash)) {
    return { ...answered, own: { ...own, storedSeq: Math.max(own.storedSeq, seq) }, adoption: "confirmed" };
  }
  // A home made anew takes over what its former life showed to the world; one that merely lags keeps its own wishes.
  const shown = known === null && records.own.awaitsAdoption ? { properties: publicProperties, slotBits } : {};
  const kept = records.generations.filter((generation) => generation.gen >= oldestGen);
  return {
    own: {
      ...own,
      ...shown,
      changed: true,
      floor: Math.max(own.floor, seq, gen, incarnation),
      oldestGen: Math.max(own.oldestGen, oldestGen),
      published: { seq, hash, issuedAt, incarnation, gen, oldestGen },
      storedSeq: Math.max(own.storedSeq, seq),
      history: [...own.history, { seq, hash, issuedAt }].slice(-limits.history),
    },
    generations: kept,
    erased: records.generations.filter((generation) => generation.gen < oldestGen),
    adoption: "adopted",
  };
}
