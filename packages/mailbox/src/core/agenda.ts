import type { LocalRecord } from "@cweb/storage-local";
import type { Path } from "@cweb/storage-remote";
import { isCovered } from "./home.ts";
import { isOver, latePutWindow, repairInterval } from "./lease.ts";
import {
  type Deletion,
  deletionCodec,
  type Home,
  type Lease,
  pathIn,
  prefixes,
  type Store,
  storeCodec,
  type Upload,
  uploadCodec,
} from "./records.ts";

/** Deletions wait for company, since each batch may cost a beacon, but not for long. */
const deletionBatch = 16;
const deletionPatience = 10 * 60_000;

export interface Uploading {
  readonly path: Path;
  readonly upload: Upload;
}

export interface Storing {
  readonly path: Path;
  readonly store: Store;
}

export interface Deleting {
  readonly path: Path;
  readonly deletion: Deletion;
}

/** What waits, from the records under `todo`. */
export interface Todo {
  /** The oldest first. */
  readonly uploads: readonly Uploading[];
  readonly stores: readonly Storing[];
  readonly deletions: readonly Deleting[];
}

export function decodeTodo(records: readonly LocalRecord[]): Todo {
  const uploads: Uploading[] = [];
  const stores: Storing[] = [];
  const deletions: Deleting[] = [];
  for (const { name, bytes } of records) {
    if (name.startsWith(prefixes.upload)) uploads.push({ path: pathIn(name, prefixes.upload), upload: uploadCodec.decode(bytes) });
    else if (name.startsWith(prefixes.store)) stores.push({ path: pathIn(name, prefixes.store), store: storeCodec.decode(bytes) });
    else deletions.push({ path: pathIn(name, prefixes.deletion), deletion: deletionCodec.decode(bytes) });
  }
  uploads.sort((a, b) => a.upload.commit - b.upload.commit || a.upload.index - b.upload.index);
  return { uploads, stores, deletions };
}

/** What may be done now. All but `uploads` is for the holder of the lease. */
export interface Agenda {
  readonly uploads: readonly Uploading[];
  /** Whether beacon and mutable objects are to be read again. */
  readonly verify: boolean;
  /** Whether a beacon must be stored before anything below. */
  readonly beacon: boolean;
  readonly stores: readonly Storing[];
  readonly deletions: readonly Deleting[];
}

export function plan(home: Home, lease: Lease, todo: Todo, now: number): Agenda {
  const uploads = ready(todo.uploads, home);
  // What an earlier incarnation wanted stored waits until its protocol has replaced it (SPEC §5.4).
  const stores = todo.stores.filter(({ store }) => store.incarnation === home.incarnation);
  const isHazardous = lease.verifyAt > 0;
  const verify = isHazardous
    ? isOver(lease.verifyAt, latePutWindow, now)
    : now - lease.checkedAt >= repairInterval || lease.checkedAt > now + repairInterval;
  const deletions = isHazardous ? [] : dueDeletions(todo.deletions, now);
  const beacon =
    home.beacon.isDue ||
    uploads.length < todo.uploads.length ||
    stores.some(({ store }) => store.beaconFirst && !isCovered(home, store.commit)) ||
    deletions.some(({ deletion }) => !isCovered(home, deletion.commit));
  return { uploads, verify, beacon, stores, deletions };
}

/** What may be sent now. Nothing overtakes an object of its own chain that waits for a beacon: else a restored old state would make its name again. */
function ready(uploads: readonly Uploading[], home: Home): readonly Uploading[] {
  const waiting = new Set<string>();
  return uploads.filter(({ upload: { chain, beaconFirst, commit } }) => {
    const waits = (beaconFirst && !isCovered(home, commit)) || (chain !== null && waiting.has(chain));
    if (waits && chain !== null) waiting.add(chain);
    return !waits;
  });
}

function dueDeletions(all: readonly Deleting[], now: number): readonly Deleting[] {
  const ready = all.filter(({ deletion }) => isOver(deletion.notBefore, latePutWindow, now));
  const isWorthIt =
    ready.length >= deletionBatch ||
    ready.some(({ deletion: { queuedAt, notBefore } }) => isOver(Math.max(queuedAt, notBefore) + deletionPatience, deletionPatience, now));
  return isWorthIt ? ready : [];
}

export const needsLease = ({ verify, beacon, stores, deletions }: Agenda): boolean =>
  verify || beacon || stores.length > 0 || deletions.length > 0;
