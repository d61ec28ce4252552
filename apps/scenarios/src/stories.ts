import type { Place } from "./place.ts";
import { collision } from "./scenarios/collision.ts";
import { firstContact } from "./scenarios/first-contact.ts";
import { killed } from "./scenarios/killed.ts";
import { largePayloads } from "./scenarios/large-payloads.ts";
import { longBurst } from "./scenarios/long-burst.ts";
import { lyingStore } from "./scenarios/lying-store.ts";
import { oneOff } from "./scenarios/one-off.ts";
import { privateProfile } from "./scenarios/private-profile.ts";
import { removedContact } from "./scenarios/removed-contact.ts";
import { restoredBackup } from "./scenarios/restored-backup.ts";
import { sharedFile } from "./scenarios/shared-file.ts";
import { sharedObjects } from "./scenarios/shared-objects.ts";
import { stranger } from "./scenarios/stranger.ts";
import { weeksAway } from "./scenarios/weeks-away.ts";

export interface Story {
  readonly title: string;
  readonly tell: (place: Place) => Promise<void>;
}

/** The fixed set of end-to-end scenarios: the same on every kind of store. */
export const stories: readonly Story[] = [
  { title: "first contact, and a talk of two who are never there at the same time", tell: firstContact },
  { title: "a hundred messages one way, acknowledged and deleted", tell: longBurst },
  { title: "both write first", tell: collision },
  { title: "a one-off message, answered in a session", tell: oneOff },
  { title: "payloads of each size class, and one that is too large", tell: largePayloads },
  { title: "a kill at every step", tell: killed },
  { title: "a restored backup of each side", tell: restoredBackup },
  { title: "a contact removed and added again", tell: removedContact },
  { title: "a third who has everybody's card reads and forges nothing", tell: stranger },
  { title: "a store that withholds, alters and rolls back", tell: lyingStore },
  { title: "ten weeks of absence", tell: weeksAway },
  { title: "a file shared and fetched by processes that are killed, read in part, taken back", tell: sharedFile },
  { title: "an object shared, changed, taken from one, deleted", tell: sharedObjects },
  { title: "a profile that one contact sees and another does not", tell: privateProfile },
];
