import type { CwebId } from "@cweb/discovery";
import type { Mailbox, Transaction } from "@cweb/mailbox";
import { checkPetname } from "./core/petname.ts";
import {
  type ContactNote,
  decodeContactNote,
  decodePetname,
  encodeContactNote,
  encodePetname,
  idInName,
  type NotedAlarm,
  names,
  prefixes,
} from "./core/records.ts";
import { PeerError } from "./peer-error.ts";

export interface Cancellable {
  readonly signal?: AbortSignal;
}

export interface BookEntry extends ContactNote {
  readonly id: CwebId;
}

/** More than anybody has; one scan. */
const mostContacts = 100_000;
const mostAlarms = 16;

/** The names that this home gives its contacts, each for one Cweb Id, and what it noted about them. */
export class ContactBook {
  readonly #mailbox: Mailbox;

  constructor(mailbox: Mailbox) {
    this.#mailbox = mailbox;
  }

  /** Throws `PeerError` `unknown-contact`. */
  async find(name: string, cancel: Cancellable = {}): Promise<BookEntry> {
    const record = names.petname(name.normalize("NFC").trim().slice(0, 128));
    const found = record.length <= 256 ? (await this.#mailbox.load([record], cancel)).get(record) : undefined;
    const entry = found && (await this.entry(decodePetname(found), cancel));
    if (entry) return entry;
    throw new PeerError("unknown-contact", `There is no contact called ${JSON.stringify(name.slice(0, 64))}; add one with its card first.`);
  }

  /** Of several names, each Id once. Throws `PeerError` `unknown-contact`. */
  async ids(contacts: readonly string[], cancel: Cancellable = {}): Promise<readonly CwebId[]> {
    const found = new Set<CwebId>();
    for (const name of contacts) found.add((await this.find(name, cancel)).id);
    return [...found];
  }

  /** A contact that was removed meanwhile is told by its Id. */
  async namesOf(ids: readonly string[], cancel: Cancellable = {}): Promise<readonly string[]> {
    return Promise.all(ids.map(async (id) => (await this.entry(id as CwebId, cancel))?.name ?? id));
  }

  async entry(id: CwebId, cancel: Cancellable = {}): Promise<BookEntry | undefined> {
    const record = names.contact(id);
    const found = (await this.#mailbox.load([record], cancel)).get(record);
    return found && { id, ...decodeContactNote(found) };
  }

  /** All, in order of their names. */
  async list(cancel: Cancellable = {}): Promise<readonly BookEntry[]> {
    const records = await this.#mailbox.scan(prefixes.contact, { limit: mostContacts, ...cancel });
    const entries = records.map(({ name, bytes }) => ({ id: idInName(name), ...decodeContactNote(bytes) }));
    return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Throws `PeerError` `bad-name`, or `name-taken` where the name belongs to another Id. */
  async requireFree(text: string, id: CwebId, cancel: Cancellable = {}): Promise<string> {
    const name = checkPetname(text);
    const record = names.petname(name);
    requireOwner(name, (await this.#mailbox.load([record], cancel)).get(record), id);
    return name;
  }

  /** Gives this Id this name, in place of the one it had. */
  async put(id: CwebId, name: string, cancel: Cancellable = {}): Promise<void> {
    await this.#transact(
      id,
      [names.petname(name)],
      (tx, note) => {
        requireOwner(name, tx.get(names.petname(name)), id);
        if (note && note.name !== name) tx.remove(names.petname(note.name));
        tx.put(names.petname(name), encodePetname(id));
        tx.put(names.contact(id), encodeContactNote({ ...(note ?? { verified: false, alarms: [] }), name }));
      },
      cancel,
    );
  }

  async remove(id: CwebId, cancel: Cancellable = {}): Promise<void> {
    await this.#transact(
      id,
      [],
      (tx, note) => {
        if (note) tx.remove(names.petname(note.name));
        tx.remove(names.contact(id));
      },
      cancel,
    );
  }

  async setVerified(id: CwebId, cancel: Cancellable = {}): Promise<void> {
    await this.#change(id, (note) => ({ ...note, verified: true }), cancel);
  }

  /** Notes an alarm; one that stands already keeps its time. */
  async raise(id: CwebId, code: string, isOwn: boolean, cancel: Cancellable = {}): Promise<void> {
    await this.#change(
      id,
      (note, now) => {
        if (note.alarms.some((alarm) => alarm.code === code && alarm.isOwn === isOwn)) return note;
        return { ...note, alarms: [...note.alarms, { code, since: now, isOwn }].slice(-mostAlarms) };
      },
      cancel,
    );
  }

  /** Forgets the alarms that are over. */
  async settle(id: CwebId, isOver: (alarm: NotedAlarm, now: number) => boolean, cancel: Cancellable = {}): Promise<void> {
    await this.#change(
      id,
      (note, now) => {
        const alarms = note.alarms.filter((alarm) => !isOver(alarm, now));
        return alarms.length === note.alarms.length ? note : { ...note, alarms };
      },
      cancel,
    );
  }

  async #change(id: CwebId, change: (note: ContactNote, now: number) => ContactNote, cancel: Cancellable): Promise<void> {
    await this.#transact(
      id,
      [],
      (tx, note) => {
        const next = note && change(note, tx.now);
        if (next && next !== note) tx.put(names.contact(id), encodeContactNote(next));
      },
      cancel,
    );
  }

  async #transact(
    id: CwebId,
    read: readonly string[],
    step: (tx: Transaction, note: ContactNote | undefined) => void,
    cancel: Cancellable,
  ): Promise<void> {
    const record = names.contact(id);
    await this.#mailbox.transact(
      { read: [record, ...read] },
      (tx) => {
        const found = tx.get(record);
        step(tx, found && decodeContactNote(found));
      },
      cancel,
    );
  }
}

function requireOwner(name: string, found: Uint8Array | undefined, id: CwebId): void {
  if (found && decodePetname(found) !== id) {
    throw new PeerError("name-taken", `Another contact is called ${JSON.stringify(name)} already; choose another name.`);
  }
}
