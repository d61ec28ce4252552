import type { Contact, CwebId } from "@cweb/discovery";
import type { SessionStatus } from "@cweb/session";
import type { BookEntry, Cancellable } from "./contact-book.ts";
import type { RequestTotals, Unpublished } from "./core/records.ts";
import type { Layers } from "./layers.ts";

export interface StandingAlarm {
  readonly code: string;
  readonly store: string;
  /** Milliseconds since 1970. */
  readonly since: number;
}

export interface ContactStatus {
  readonly name: string;
  readonly id: CwebId;
  readonly verified: boolean;
  readonly session: SessionStatus["session"];
  /** Messages that are not in the bucket yet. */
  readonly queued: number;
  readonly unacknowledged: number;
  /** Milliseconds since 1970; null: never. */
  readonly lastHeardAt: number | null;
  /** Numbers of the contact's messages that were passed over and have not come. */
  readonly missing: readonly number[];
  readonly alarms: readonly StandingAlarm[];
}

export interface PeerStatus {
  readonly id: CwebId;
  readonly outbox: { readonly queued: number; readonly unacknowledged: number };
  readonly slots: { readonly used: number; readonly queued: number };
  /** Since the home was made. */
  readonly requests: RequestTotals;
  readonly contacts: readonly ContactStatus[];
}

export interface StatusParts {
  readonly id: CwebId;
  readonly layers: Layers;
  readonly entries: readonly BookEntry[];
  readonly waiting: readonly Unpublished[];
  readonly requests: RequestTotals;
}

export async function statusOf(parts: StatusParts, cancel: Cancellable): Promise<PeerStatus> {
  const { id, entries, requests } = parts;
  const contacts: ContactStatus[] = [];
  for (const entry of entries) contacts.push(await contactStatus(parts, entry, cancel));
  const { used, queued } = await parts.layers.broadcast.status(cancel);
  const sum = (count: (contact: ContactStatus) => number): number => contacts.reduce((total, contact) => total + count(contact), 0);
  // Acknowledgements wait in the outbox too; messages may wait in a session that is not begun yet.
  const waiting = Math.max(
    sum((contact) => contact.queued),
    await parts.layers.mailbox.queued(cancel),
  );
  return {
    id,
    outbox: { queued: waiting, unacknowledged: sum((contact) => contact.unacknowledged) },
    slots: { used, queued },
    requests,
    contacts,
  };
}

async function contactStatus(parts: StatusParts, entry: BookEntry, cancel: Cancellable): Promise<ContactStatus> {
  const { id, name, verified } = entry;
  const { session, queued, unacknowledged, missing, lastHeardAt } = await parts.layers.session(id).status(cancel);
  const contact = await parts.layers.discovery.contact(id, cancel);
  return {
    name,
    id,
    verified,
    session,
    queued: Math.max(queued, parts.waiting.filter((message) => message.contact === id).length),
    unacknowledged,
    lastHeardAt: lastHeardAt > 0 ? lastHeardAt : null,
    missing,
    alarms: await alarmsOf(parts, entry, contact, cancel),
  };
}

/** One alarm for each code and store. */
const isFirst = (alarm: StandingAlarm, at: number, all: readonly StandingAlarm[]): boolean =>
  all.findIndex(({ code, store }) => code === alarm.code && store === alarm.store) === at;

async function alarmsOf(
  { layers }: StatusParts,
  entry: BookEntry,
  contact: Contact | undefined,
  cancel: Cancellable,
): Promise<readonly StandingAlarm[]> {
  const store = await layers.storeOf(entry.id, cancel);
  const own = await layers.storeOf(undefined, cancel);
  const known = (contact?.alarms ?? []).map(({ code, since }) => ({ code: code as string, store, since }));
  const shared = await layers.objects.subscriptions({ contact: entry.id, ...cancel });
  const ofObjects = shared.flatMap(({ alarms }) => alarms.map(({ code, since }) => ({ code: code as string, store, since })));
  const noted = entry.alarms.map(({ code, since, isOwn }) => ({ code, store: isOwn ? own : store, since }));
  return [...known, ...noted, ...ofObjects.sort((a, b) => a.since - b.since)].filter(isFirst);
}
